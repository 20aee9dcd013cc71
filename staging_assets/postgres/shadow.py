"""A table's shadow: made by its own CREATE script in the build schema, filled, and hardened.

Keys and indexes come off while the table is empty and go back on when it is full: the same
result in a fifth of the time. Nothing here locks a published table against its readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import psycopg2

from staging_assets.errors import BuildError, ScriptError
from staging_assets.postgres.leftovers import run_clear
from staging_assets.postgres.lookup import run_load_lookup
from staging_assets.postgres.redaction import find_safe_detail
from staging_assets.postgres.redirect import find_referenced, redirect_references
from staging_assets.postgres.session import Session
from staging_assets.postgres.shape import (
    Key,
    Shape,
    find_foreign_key,
    find_label,
    find_removals,
    find_restoration,
    find_validation,
    read_shape,
)
from staging_assets.postgres.spelling import spell
from staging_assets.postgres.sqlerrors import find_safe_text
from staging_assets.project.model import Relation, Table
from staging_assets.project.rewrite import rewrite

SMALL = 10_000
"""Rows up to which all is done in one transaction: its locks are held for a few milliseconds."""

_EMPTY = ("CREATE ", "DROP ", "ALTER ", "COMMENT", "GRANT", "REVOKE", "SET")
"""How the command tags of statements begin that put no rows into a table."""


@dataclass(frozen=True)
class Shadow:
    """A table that is being built.

    Args:
        table: what the folder says about it.
        live: where it will be published.
        relation: where it is now.
        own: names of everything that belongs to it.
        shape: its keys and indexes, foreign keys pointing at the published tables.
        removed: those that are off.
        loaded: whether scripts or the YAML fill it in this run.
        seeded: whether the CREATE script may itself have inserted rows.
    """

    table: Table
    live: Relation
    relation: Relation
    own: frozenset[str]
    shape: Shape
    removed: tuple[Key, ...]
    loaded: bool
    seeded: bool


@dataclass(frozen=True)
class Plan:
    """How a shadow is made.

    Args:
        schema: where the table will be published.
        build_schema: where the shadow is made.
        first: a statement to begin the transaction with.
        filled: whether what fills the table is run.
        referenced: whether foreign keys of other tables will look at this one.
    """

    schema: str
    build_schema: str
    first: str = ""
    filled: bool = True
    referenced: bool = False


def run_make_shadow(session: Session, table: Table, plan: Plan) -> tuple[Shadow, int]:
    """Create, fill and harden a table in the build schema; return it and its number of rows.

    Creating and filling is one transaction: under `wal_level = minimal` the rows of a table that
    is new in their transaction are not logged. Foreign keys of a large table come after it, one
    short transaction each, since they lock the tables that they reference.

    Raises ScriptError in the script's coordinates; what was made is gone then, or will be.
    """
    with session.transaction(plan.first):
        shadow = _run_create(session, table, plan)
        rows = _run_fill(session, shadow)
        if rows <= SMALL:
            _run_keys_at_once(session, shadow)
        else:
            for key in shadow.removed:
                if key.kind != "f":
                    _run_step(session, shadow, find_restoration(key), key)
    if rows > SMALL:
        try:
            # Before the keys are validated: without statistics that takes three times as long.
            # What others will reference gets its visibility map too, for index-only scans.
            verb = "vacuum (analyze, truncate off)" if plan.referenced else "analyze"
            session.run(f"{verb} {spell(shadow.relation)}")
            _run_foreign_keys(session, shadow)
        except BaseException:
            run_discard(session, shadow)
            raise
    return shadow, rows


def run_discard(session: Session, shadow: Shadow) -> None:
    """Drop a shadow that will not be published; the next run does it where we cannot."""
    session.rollback()
    if session.connection_lost or session.stop.is_set():
        return
    reason = run_clear(session.connection, shadow.relation.schema, shadow.own, tries=3)
    if reason:
        session.log("info", f"{shadow.relation} will be dropped by the next run: {reason}")


def _run_create(session: Session, table: Table, plan: Plan) -> Shadow:
    """Create the table, read its keys and take them off."""
    own = table.own | {table.name}
    text = rewrite(table.create.text, schema=plan.schema, shadow=plan.build_schema, own=own)
    found = find_referenced(text.text)
    stands = _find_stands(session, plan.build_schema, {each.relation for each in found})
    sent = redirect_references(text, found, {r: spell(stand) for r, stand in stands.items()})
    try:
        outcomes = session.run_script(table.create, sent)
    except ScriptError as error:
        raise _unmask(error, stands) from None
    session.pin_later()
    shape = read_shape(session.run, plan.build_schema, own)
    relation = Relation(plan.build_schema, table.name)
    if table.name not in shape.names and not _exists_as_view(session, relation):
        raise BuildError(
            f"{table.create.label}: it has run and there is no table {table.name}. "
            "Make it create the table that its file name says."
        )
    loaded = plan.filled and table.filled
    off = [key for key in shape.keys if _comes_off(key, table, stands, plan.build_schema, loaded)]
    removals = find_removals(off)
    if removals:
        off = _run_removals(session, removals, off)
    meant = {f"{stand}": target for target, stand in stands.items()}
    keys = tuple(_point_at_published(key, meant) for key in shape.keys)
    return Shadow(
        table=table,
        live=Relation(plan.schema, table.name),
        relation=relation,
        own=own | shape.names,
        shape=replace(shape, keys=keys),
        removed=tuple(k for k, old in zip(keys, shape.keys, strict=True) if old in off),
        loaded=loaded,
        seeded=not all(outcome.status.startswith(_EMPTY) for outcome in outcomes),
    )


def _exists_as_view(session: Session, relation: Relation) -> bool:
    """Whether the script made a view: it is published as a table is, and never filled."""
    query = "select 1 from pg_class where oid = to_regclass(%s) and relkind in ('v', 'm')"
    return bool(session.run(query, (spell(relation),)))


def _find_stands(
    session: Session, build_schema: str, referenced: Iterable[Relation]
) -> dict[Relation, Relation]:
    """Stand-ins for the referenced tables that exist; a session makes each of them once."""
    wanted = sorted(r for r in referenced if r.schema != build_schema)
    new = [relation for relation in wanted if relation not in session.stands]
    if new:
        found = session.run(
            "select to_regclass(name) is not null from unnest(%s) as name",
            ([spell(relation) for relation in new],),
        )
        steps = []
        for relation, (exists,) in zip(new, found, strict=True):
            if exists:
                stand = Relation(build_schema, session.next_stand())
                session.stands[relation] = stand
                steps.append(
                    f"create table {spell(stand)} (like {spell(relation)} including indexes)"
                )
        try:
            if steps:
                session.run(";".join(steps))
        except psycopg2.errors.InsufficientPrivilege:
            # To reference a table it need not be readable: then without a stand-in.
            for relation in new:
                session.stands.pop(relation, None)
        except psycopg2.Error:
            for relation in new:
                session.stands.pop(relation, None)
            raise
    return {r: session.stands[r] for r in wanted if r in session.stands}


def _unmask(error: ScriptError, stands: dict[Relation, Relation]) -> ScriptError:
    """Say the referenced table's name where the server said its stand-in's."""
    text = str(error)
    for relation, stand in stands.items():
        text = text.replace(stand.name, relation.name)
    return ScriptError(text, error.sqlstate)


def _comes_off(
    key: Key, table: Table, stands: dict[Relation, Relation], build_schema: str, loaded: bool
) -> bool:
    if not key.removable:
        return False
    if key.kind == "f":
        # One that a DO block made against a published table stays: dropping it would lock it.
        named = {str(stand) for stand in stands.values()}
        inner = (key.references or "").startswith(str(Relation(build_schema, "x"))[:-1])
        return key.references in named or inner
    return loaded and (table.keeps_keys is None or key.kind == "index")


def _run_removals(session: Session, removals: str, off: list[Key]) -> list[Key]:
    """Take keys off; only foreign keys where something else in the script needs the others."""
    try:
        session.run(f"savepoint keys; {removals}; release savepoint keys")
    except psycopg2.errors.DependentObjectsStillExist:
        off = [key for key in off if key.kind == "f"]
        session.run(f"rollback to savepoint keys; {find_removals(off)}")
    return off


def _point_at_published(key: Key, meant: dict[str, Relation]) -> Key:
    """Say in a foreign key's definition which table it really references."""
    target = meant.get(key.references or "")
    if target is None:
        return key
    definition = key.definition.replace(
        f" REFERENCES {key.references}(", f" REFERENCES {spell(target)}(", 1
    )
    return replace(key, definition=definition, references=spell(target))


def _run_fill(session: Session, shadow: Shadow) -> int:
    """Run what fills the table; return how many rows it has then."""
    table, shape = shadow.table, shadow.shape
    if not shadow.loaded:
        return _count(session, shadow.relation) if shadow.seeded else 0
    rows: int | None = None
    if table.lookup is not None:
        session.notices.at(table.lookup.label)
        with session.connection.cursor() as cursor:
            rows = run_load_lookup(cursor, shadow.relation, table.lookup)
    if table.populate is not None:
        text = rewrite(
            table.populate.text,
            schema=shadow.live.schema,
            shadow=shadow.relation.schema,
            own=shadow.own,
        )
        outcomes = session.run_script(table.populate, text)
        session.pin_later()
        one = len(outcomes) == 1 and outcomes[0].status.startswith("INSERT ")
        rows = outcomes[0].rows if one and rows is None else None
    if shape.reacts or len(shadow.removed) < len(shape.keys):
        # A table with triggers to fire takes no new keys.
        session.run("set constraints all immediate")
    if rows is None or shadow.seeded or shape.reacts:
        rows = _count(session, shadow.relation)
    return rows


def _run_keys_at_once(session: Session, shadow: Shadow) -> None:
    """Put everything on a small table in one round trip, and analyze it."""
    keys = sorted(shadow.removed, key=_find_turn)
    steps = [
        find_foreign_key(key, checked=True) if key.kind == "f" else find_restoration(key)
        for key in keys
    ]
    if shadow.table.name in shadow.shape.names:  # and is no view
        steps.append(f"analyze {spell(shadow.relation)}")
    if steps:
        _run_step(session, shadow, ";".join(steps), *keys)


def _find_turn(key: Key) -> tuple[bool, str]:
    """Foreign keys come last, and in the order of the referenced tables' names.

    Every builder keeps to it, so that two of them never wait for each other.
    """
    return (True, key.references or "") if key.kind == "f" else (False, "")


def _run_foreign_keys(session: Session, shadow: Shadow) -> None:
    """Add the foreign keys in a short transaction each, and validate them when all are there."""
    keys = sorted((key for key in shadow.removed if key.kind == "f"), key=_find_turn)
    for key in keys:
        _run_step(session, shadow, find_foreign_key(key, checked=False), key)
    for table, of_table in find_validation(keys).items():
        names = ", ".join(f"validate constraint {key.name}" for key in of_table)
        _run_step(session, shadow, f"alter table {table} {names}", *of_table)


def _run_step(session: Session, shadow: Shadow, step: str, *keys: Key) -> None:
    """Run what puts keys on; say which one could not be."""
    try:
        session.run(step)
        return
    except psycopg2.Error as error:
        failure = error
    named = failure.diag.constraint_name
    found = [key for key in keys if named and named in (key.name.strip('"'), key.name)]
    key = found[0] if found else keys[0] if len(keys) == 1 else None
    # Outside the handler: no traceback leads to the original and its DETAIL.
    raise tell_broken_key(failure, key, shadow)


def tell_broken_key(error: psycopg2.Error, key: Key | None, shadow: Shadow) -> ScriptError:
    """Say which key could not be put on, in which script it stands, and whose rows break it.

    Args:
        key: None where the server does not say which.
    """
    what = find_label(key, shadow.live) if key else f"keys and indexes of {shadow.live}"
    table = shadow.table
    text = find_safe_text(error).replace(shadow.relation.schema, shadow.live.schema)
    parts = [f"{table.create.label}: {what}: {text.rstrip('.')}."]
    detail = find_safe_detail(error.diag.message_detail, error.pgcode)
    if detail:
        parts.append(f"Detail: {detail}")
    code = f"SQLSTATE {error.pgcode}. " if error.pgcode else ""
    if (error.pgcode or "").startswith("23"):
        source = table.populate.label if table.populate else "the lookup YAML"
        parts.append(f"{code}Correct the rows that {source} makes. Nothing was published.")
    else:
        parts.append(f"{code}{error.diag.message_hint or 'Nothing was published.'}")
    return ScriptError("\n".join(parts), error.pgcode)


def _count(session: Session, relation: Relation) -> int:
    return int(session.run(f"select count(*) from {spell(relation)}")[0][0])  # noqa: S608
