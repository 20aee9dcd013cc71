"""A table's shadow: made by its own CREATE script in the build schema, filled, and hardened.

Keys and indexes come off while the table is empty and go back on when it is full: the same
result in a fifth of the time. Nothing here locks a published table against its readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import psycopg2

from staging_assets.errors import BuildError, ScriptError
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
    """

    table: Table
    live: Relation
    relation: Relation
    own: frozenset[str]
    shape: Shape
    removed: tuple[Key, ...]
    loaded: bool


def run_create_shadow(
    session: Session, table: Table, schema: str, build_schema: str, *, filled: bool
) -> Shadow:
    """Create the table in the build schema, read its keys and take them off: one transaction.

    Args:
        filled: whether it is going to be filled.

    Raises ScriptError in the script's coordinates.
    """
    live = Relation(schema, table.name)
    relation = Relation(build_schema, table.name)
    own = table.own | {table.name}
    text = rewrite(table.create.text, schema=schema, shadow=build_schema, own=own)
    stands = _find_stands(session, build_schema, find_referenced(text.text))
    redirected = redirect_references(text, {r: spell(stand) for r, stand in stands.items()})
    with session.transaction():
        try:
            session.run_script(table.create, redirected)
        except ScriptError as error:
            raise _unmask(error, stands) from None
        session.pin()
        shape = read_shape(session.run, build_schema, own)
        if not any(key.table for key in shape.keys) and not shape.names & {table.name}:
            raise BuildError(
                f"{table.create.label}: it has run and there is no table {table.name}. "
                "Make it create the table that its file name says."
            )
        loaded = filled and table.filled
        off = [key for key in shape.keys if _comes_off(key, table, stands, build_schema, loaded)]
        removals = find_removals(off)
        if removals:
            off = _run_removals(session, removals, off)
    meant = {f"{stand}": target for target, stand in stands.items()}
    keys = tuple(_point_at_published(key, meant) for key in shape.keys)
    removed = tuple(k for k, before in zip(keys, shape.keys, strict=True) if before in off)
    return Shadow(
        table,
        live,
        relation,
        own | shape.names,
        replace(shape, keys=keys),
        removed,
        loaded,
    )


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
    session.run("savepoint keys")
    try:
        session.run(removals)
    except psycopg2.errors.DependentObjectsStillExist:
        session.run("rollback to savepoint keys")
        off = [key for key in off if key.kind == "f"]
        only = find_removals(off)
        if only:
            session.run(only)
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


def run_load(session: Session, shadow: Shadow, *, skip_log: bool, referenced: bool) -> int:
    """Fill the shadow and put its keys and indexes back, in one transaction.

    Args:
        skip_log: whether the server writes no WAL for a table whose file is new in the
            transaction (`wal_level = minimal`).
        referenced: whether foreign keys of other tables will look at this one.

    Returns how many rows it has.
    """
    analyze = f"analyze {spell(shadow.relation)}"
    with session.transaction():
        if shadow.loaded:
            rows = _run_fill(session, shadow, skip_log=skip_log)
        else:
            rows = _count(session, shadow.relation)
        restored = [key for key in shadow.removed if key.kind != "f"]
        if restored:
            _run_restoration(session, shadow, restored)
        if rows <= SMALL:
            _run_foreign_keys(session, shadow, at_once=True)
            session.run(analyze)
    if rows > SMALL:
        # Before the keys are validated: without statistics that takes three times as long. What
        # others will reference gets its visibility map too, for index-only scans.
        vacuum = f"vacuum (analyze, truncate off) {spell(shadow.relation)}"
        session.run(vacuum if referenced else analyze)
        _run_foreign_keys(session, shadow, at_once=False)
    return rows


def _run_fill(session: Session, shadow: Shadow, *, skip_log: bool) -> int:
    table = shadow.table
    seeded = _exists(session, shadow.relation)
    if skip_log and shadow.shape.plain and not shadow.shape.reacts and not seeded:
        session.run(f"truncate {spell(shadow.relation)}")
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
        session.pin()
        one = len(outcomes) == 1 and outcomes[0].status.startswith("INSERT ")
        rows = outcomes[0].rows if one and rows is None else None
    if rows is None or seeded or shadow.shape.reacts:
        rows = _count(session, shadow.relation)
    return rows


def _run_restoration(session: Session, shadow: Shadow, keys: list[Key]) -> None:
    """Put keys and indexes back; several in one round trip, singly to name the one that fails."""
    for key in keys:
        try:
            session.run(find_restoration(key))
        except psycopg2.Error as error:
            failure = error
        else:
            continue
        raise tell_broken_key(failure, key, shadow)


def _run_foreign_keys(session: Session, shadow: Shadow, *, at_once: bool) -> None:
    """Add the foreign keys, and validate them when all are there.

    They are added in the order of the referenced tables' names, as every builder does, so that
    two of them never wait for each other.
    """
    keys = [key for key in shadow.removed if key.kind == "f"]
    keys.sort(key=lambda key: (key.references or "", key.name))
    if not keys:
        return
    adding = [(find_foreign_key(key), key) for key in keys]
    validating = [
        (
            f"alter table {table} "
            + ", ".join(f"validate constraint {key.name}" for key in of_table),
            of_table[0],
        )
        for table, of_table in find_validation(keys).items()
    ]
    steps = adding + validating
    if at_once:
        session.run("savepoint keys")
        try:
            session.run(";".join(step for step, _ in steps))
            return
        except psycopg2.Error as error:
            if session.connection_lost or not (error.pgcode or "").startswith(("23", "42")):
                raise
        # Once more, one by one, to say which.
        session.run("rollback to savepoint keys")
    for step, key in steps:
        try:
            session.run(step)
        except psycopg2.Error as error:
            failure = error
        else:
            continue
        named = next((k for k in keys if k.name == failure.diag.constraint_name), key)
        raise tell_broken_key(failure, named, shadow)


def tell_broken_key(error: psycopg2.Error, key: Key, shadow: Shadow) -> ScriptError:
    """Say which key could not be put on, in which script it stands, and whose rows break it."""
    table = shadow.table
    text = find_safe_text(error).replace(shadow.relation.schema, shadow.live.schema)
    parts = [f"{table.create.label}: {find_label(key, shadow.live)}: {text.rstrip('.')}."]
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


def _exists(session: Session, relation: Relation) -> bool:
    return bool(session.run(f"select exists (select from {spell(relation)})")[0][0])  # noqa: S608


def _count(session: Session, relation: Relation) -> int:
    return int(session.run(f"select count(*) from {spell(relation)}")[0][0])  # noqa: S608
