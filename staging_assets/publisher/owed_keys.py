"""Validate the foreign keys that a publication has put back NOT VALID; note them until then.

The note is written in the transaction that publishes. It is paid right after that, or at the end
of the run, or by the next one; until then it is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import psycopg2
from psycopg2 import errors

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_identifier, quote_literal
from staging_assets.postgres import (
    OWED_KEYS,
    OWN_PATH,
    SET_LOCAL_SORTED,
    SET_LOCAL_USERS_PATH,
    Connection,
    Cursor,
    OwedKey,
    find_build_schema,
    find_safe_text,
    make_owed_keys_sql,
    owed_keys_sql,
    owed_keys_table,
    read_owed_keys,
    sorted_keys_sql,
)
from staging_assets.publisher.attached.objects import InboundKey
from staging_assets.publisher.transaction.autocommit import in_autocommit
from staging_assets.publisher.transaction.steps import Step


def owe_steps(schema: str, keys: Iterable[InboundKey], *, present: tuple[bool, bool]) -> list[Step]:
    """Statements that note what is owed, for the transaction that puts the keys back.

    Args:
        schema: whose publication it is.
        keys: those that come back NOT VALID and were valid before.
        present: whether the build schema of `schema` exists, and has the table of notes.
    """
    noted = ", ".join(
        f"({quote_literal(key.on)}::pg_catalog.regclass, {quote_literal(key.name)})" for key in keys
    )
    if not noted:
        return []
    what = "the note of what has to be validated"
    statements = make_steps(schema, present=present)
    insert = (
        f"insert into {owed_keys_table(schema)} (on_table, name)"  # noqa: S608 - quoted
        f" values {noted} on conflict do nothing"
    )
    return [*statements, Step(what, insert)]


def make_steps(schema: str, *, present: tuple[bool, bool]) -> list[Step]:
    """Statements that make what is missing of the table of notes.

    A build has made it; a file that is loaded, or a schema that is promoted, may be the first to
    need it. The lock is for others that make it at the same moment.
    """
    has_schema, has_table = present
    if has_table:
        return []
    build_schema = find_build_schema(schema)
    what = "the table of what has to be validated"
    steps = [
        Step(
            what,
            "select pg_catalog.pg_advisory_xact_lock("
            f"pg_catalog.hashtextextended({quote_literal(f'staging_assets {build_schema}')}, 0))",
        )
    ]
    if not has_schema:
        steps.append(Step(what, f"create schema if not exists {quote_identifier(build_schema)}"))
    return [*steps, Step(what, make_owed_keys_sql(schema))]


def read_presence(cursor: Cursor, schema: str) -> tuple[bool, bool]:
    """Whether the build schema of `schema` exists, and has the table of notes."""
    cursor.execute(
        "select c.oid is not null from pg_catalog.pg_namespace n"
        " left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = %s"
        " where n.nspname = %s",
        (OWED_KEYS, find_build_schema(schema)),
    )
    row = cursor.fetchone()
    return row is not None, row is not None and bool(row[0])


def run_validate(
    connection: Connection,
    schema: str,
    stop: Callable[[], bool] = lambda: False,
    *,
    only: Collection[InboundKey] | None = None,
) -> list[str]:
    """Validate foreign keys that publications owe; readers and writers go on meanwhile.

    Args:
        connection: not in a transaction.
        schema: whose publications.
        stop: asked before each of them.
        only: those that this publication has just noted; None is all that are noted.

    Returns one sentence for each that could not be validated: it stays noted.
    """
    if only is not None and not only:
        return []
    wanted = None if only is None else {(key.schema, key.table, key.name) for key in only}
    sentences = []
    with in_autocommit(connection), connection.cursor() as cursor:
        if wanted is None and not read_presence(cursor, schema)[1]:
            return []
        cursor.execute(owed_keys_sql(schema))
        for oid, name, there, table, other, referenced in cursor.fetchall():
            paid = _paid_sql(schema, oid, name)
            if table is None:
                # The key is gone, or somebody has validated it.
                cursor.execute(paid)
            elif wanted is None or (there, table, name) in wanted:
                if stop():
                    break
                key = OwedKey(Relation(there, table), name, Relation(other, referenced))
                sentences += _run_validate_one(cursor, key, paid)
    return sentences


def _run_validate_one(cursor: Cursor, key: OwedKey, paid: str) -> list[str]:
    """Validate a key and strike it off the notes, in one message and so in one transaction."""
    on, name = quote(key.table), quote_identifier(key.name)
    try:
        cursor.execute(sorted_keys_sql(on))
        sort = SET_LOCAL_SORTED if (key.name,) in cursor.fetchall() else ""
        validate = f"{sort}{SET_LOCAL_USERS_PATH}alter table {on} validate constraint {name}"
        cursor.execute(f"{validate}; set local search_path to {OWN_PATH}; {paid}")
    except errors.ForeignKeyViolation:
        return [
            f"{key.table}: rows have no row in {key.references.name}, so foreign key {key} "
            f"stays NOT VALID. Rebuild {key.table}."
        ]
    except psycopg2.Error as error:
        if cursor.connection.closed:
            raise
        return [
            f"{key.table}: foreign key {key} stays NOT VALID: {find_safe_text(error)}. "
            f"The next run tries again; or rebuild {key.table}, or validate it by hand."
        ]
    return []


def _paid_sql(schema: str, oid: int, name: str) -> str:
    return (
        f"delete from {owed_keys_table(schema)}"  # noqa: S608 - quoted
        f" where on_table::pg_catalog.oid = {int(oid)}::pg_catalog.oid"
        f" and name = {quote_literal(name)}"
    )


def run_hand_over(cursor: Cursor, source: str, target: str) -> None:
    """Let `target` owe what `source` does to keys that reference tables of `target` now.

    Schemas change places, and what other schemas have on them is turned to the other one.

    Args:
        cursor: in the transaction in which that happens.
    """
    if not read_presence(cursor, source)[1]:
        return
    owed = read_owed_keys(cursor.connection, source)
    moved = [key for key in owed if key.references.schema == target]
    if not moved:
        return
    for step in make_steps(target, present=read_presence(cursor, target)):
        cursor.execute(step.statement)
    gone, owing = (owed_keys_table(name).replace("%", "%%") for name in (source, target))
    for key in moved:
        cursor.execute(
            "with gone as ("  # noqa: S608 - quoted
            f"delete from {gone} where name = %s"
            " and on_table::pg_catalog.oid = %s::pg_catalog.regclass::pg_catalog.oid"
            " returning on_table, name)"
            f" insert into {owing} (on_table, name) select * from gone"
            " on conflict do nothing",
            (key.name, quote(key.table)),
        )
