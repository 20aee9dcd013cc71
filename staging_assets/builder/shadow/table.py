"""A table's shadow: made by its own CREATE script in the build schema, filled, and hardened.

Keys and indexes come off while the table is empty and go back on when it is full: the same
result in a fifth of the time. Nothing here locks a published table against its readers.
"""

from __future__ import annotations

import psycopg2

from staging_assets.builder.bad_rows import explain_statement
from staging_assets.builder.shadow.add_keys import run_foreign_keys, run_keys, run_keys_at_once
from staging_assets.builder.shadow.create import NEEDED, Shadow, ShadowPlan, run_create
from staging_assets.builder.shadow.keys import find_key
from staging_assets.builder.shadow.leftovers import clear_build_schema
from staging_assets.builder.shadow.lookup_rows import run_load_lookup
from staging_assets.builder.shadow.roles import run_give_rights, run_take_rights
from staging_assets.builder.shadow.sequences import (
    blocks_sql,
    may_number_in_blocks,
    settlement_sql,
)
from staging_assets.errors import ScriptError
from staging_assets.model import Relation, Script, Table
from staging_assets.parser import SentText, quote, read_statements, rewrite
from staging_assets.postgres import Outcome, Session, find_abilities, run_script

__all__ = ["Shadow", "ShadowPlan", "run_discard", "run_make_shadow"]

SMALL = 10_000
"""Rows up to which all is done in one transaction: its locks are held for a few milliseconds."""


def run_make_shadow(session: Session, table: Table, plan: ShadowPlan) -> tuple[Shadow, int]:
    """Create, fill and harden a table in the build schema; return it and its number of rows.

    Creating and filling is one transaction: under `wal_level = minimal` the rows of a table that
    is new in their transaction are not logged. Foreign keys of a large table come after it, one
    short transaction each, since they lock the tables that they reference.

    Raises ScriptError in the script's coordinates; what was made is gone then, or will be.
    """
    # Without stand-ins its foreign keys hold the tables that they reference: not while rows come.
    apart = not find_abilities(session.open()).stand_ins and not plan.roles
    try:
        shadow, rows = _run_fill_new(session, table, plan, apart=apart, joined=not apart)
    except (ScriptError, psycopg2.Error) as error:
        code = error.sqlstate if isinstance(error, ScriptError) else error.pgcode
        if apart or code != NEEDED or "drop " not in session.led:
            raise
        # Nothing has come of the first statement: something needs a key that was to come off.
        shadow, rows = _run_fill_new(session, table, plan, apart=apart, joined=False)
    if rows > SMALL:
        try:
            # Before the keys are validated: without statistics that takes three times as long.
            # What others will reference gets its visibility map too, for index-only scans.
            verb = "vacuum (analyze, truncate off)" if plan.referenced else "analyze"
            session.run_alone(f"{verb} {quote(shadow.relation)}")
            run_foreign_keys(session, shadow)
        except BaseException:
            run_discard(session, shadow)
            raise
    return shadow, rows


def _run_fill_new(
    session: Session, table: Table, plan: ShadowPlan, *, apart: bool, joined: bool
) -> tuple[Shadow, int]:
    """Create and fill it, in one transaction, and put on what keys a small one has.

    Args:
        apart: whether it is committed before it is filled.
        joined: whether keys come off along with what fills it; see `run_create`.
    """
    made: Shadow | None = None
    try:
        with session.transaction(joined=not plan.roles):
            if plan.roles:
                run_give_rights(session, plan.roles, build=plan.build_schema, live=plan.schema)
            shadow = _run_create(session, table, plan, joined=joined)
            if apart:
                session.run("commit; begin")
                made = shadow
            rows = _run_fill(session, shadow)
            if plan.roles:
                run_take_rights(session, plan.roles, build=plan.build_schema)
            if rows <= SMALL:
                run_keys_at_once(session, shadow)
            else:
                run_keys(session, shadow)
    except BaseException:
        if made is not None:
            run_discard(session, made)
        raise
    return shadow, rows


def run_discard(session: Session, shadow: Shadow) -> None:
    """Drop a shadow that will not be published; the next run does it where we cannot."""
    session.rollback()
    if session.connection_lost or session.stop.is_set():
        return
    reason = clear_build_schema(session.connection, shadow.relation.schema, shadow.own, tries=3)
    if reason:
        session.log("info", f"{shadow.relation} will be dropped by the next run: {reason}")


def _run_fill(session: Session, shadow: Shadow) -> int:
    """Run what fills the table; return how many rows it has then."""
    table, shape = shadow.table, shadow.shape
    if not shadow.loaded:
        return _count(session, shadow.relation) if shadow.seeded else 0
    rows: int | None = None
    if table.lookup is not None:
        session.notices.at(table.lookup.label)
        with session.open().cursor() as cursor:
            lead = session.lead(users=True)
            rows = run_load_lookup(cursor, shadow.relation, table.lookup, lead=lead)
    if table.populate is not None:
        text = rewrite(
            table.populate.text,
            session.schemas,
            schema=shadow.live.schema,
            shadow=shadow.relation.schema,
            own=_find_own(session, shadow),
            ask=session.find_naming,
            bare=table.bare,
        )
        functions = (script.text for script in session.functions)
        in_blocks = (
            shape.sequences
            and find_abilities(session.open()).sequence_blocks
            and may_number_in_blocks(table.populate.text, functions)
        )
        if in_blocks:
            session.run(blocks_sql(shape.sequences))
        outcomes = _run_populate(session, shadow, table.populate, text)
        session.pin_later()
        if in_blocks:
            session.run(settlement_sql(shape.sequences))
        one = len(outcomes) == 1 and outcomes[0].status.startswith("INSERT ")
        rows = outcomes[0].rows if one and rows is None else None
    if shape.reacts or len(shadow.removed) < len(shape.keys):
        # A table with triggers to fire takes no new keys.
        session.run("set constraints all immediate", users=True)
    if rows is None or shadow.seeded or shape.reacts:
        rows = _count(session, shadow.relation)
    return rows


def _run_create(session: Session, table: Table, plan: ShadowPlan, *, joined: bool) -> Shadow:
    try:
        return run_create(session, table, plan, joined=joined)
    except ScriptError as error:
        failure = error
    raise explain_statement(
        failure,
        table,
        Relation(plan.schema, table.name),
        build_schema=plan.build_schema,
        key=(),
    )


def _run_populate(
    session: Session, shadow: Shadow, populate: Script, sent: SentText
) -> list[Outcome]:
    try:
        return run_script(session, populate, sent)
    except ScriptError as error:
        failure = error
    # Outside the handler: what is told of it is told once.
    raise explain_statement(
        failure,
        shadow.table,
        shadow.live,
        build_schema=shadow.relation.schema,
        key=find_key(shadow.shape.keys),
    )


def _find_own(session: Session, shadow: Shadow) -> frozenset[str]:
    """What the POPULATE script finds in the build schema.

    Where it works on the table's indexes, these are among it, and those that it makes itself.
    """
    table = shadow.table
    if table.populate is None or not table.keeps_indexes:
        return shadow.own | shadow.beside
    named = {
        use.relation.name
        for statement in read_statements(table.populate.text, session.schemas)
        for use in statement.uses
        if use.kind == "index"
        or statement.starts_with("reindex", "index")
        or statement.starts_with("comment", "on", "index")
    }
    return shadow.own | shadow.beside | shadow.shape.index_names | named


def _count(session: Session, relation: Relation) -> int:
    return int(session.run(f"select count(*) from {quote(relation)}")[0][0])  # noqa: S608
