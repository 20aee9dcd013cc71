"""What this project itself has loaded: noted in the transaction that publishes the load.

A file that is loaded again alike is no change, though its table is a new one.
"""

from __future__ import annotations

from collections.abc import Collection

from psycopg2 import errors

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_identifier, quote_literal
from staging_assets.postgres import LOADS, Connection, Cursor, find_build_schema

_MOST_TURNS = 10


def run_make_loads(cursor: Cursor, schema: str) -> None:
    """Make the table of loads where it is missing, and its schema.

    Args:
        cursor: in autocommit mode.
        schema: of the sources.
    """
    cursor.execute("select to_regclass(%s) is not null", (_spell(schema),))
    if cursor.fetchone() == (True,):
        return
    build_schema = find_build_schema(schema)
    for turn in range(_MOST_TURNS):
        try:
            cursor.execute(
                f"create schema if not exists {quote_identifier(build_schema)};"
                f"create table if not exists {_spell(schema)} (relation oid primary key,"
                " filenode oid not null, rows bigint not null, fingerprint text not null)"
            )
        except (errors.UniqueViolation, errors.DuplicateSchema, errors.DuplicateTable):
            # `if not exists` does not look at what another load makes at this moment.
            if turn == _MOST_TURNS - 1:
                raise
        else:
            return


def load_sql(relation: Relation, rows: int, fingerprint: str) -> str:
    """SQL that notes a load, for the transaction that publishes it, when the table has its place.

    Args:
        relation: where the table is then.
        rows: that were loaded.
        fingerprint: of the file's content and of how it was read.
    """
    oid = f"{quote_literal(quote(relation))}::pg_catalog.regclass::pg_catalog.oid"
    return (
        f"insert into {_spell(relation.schema)} as l (relation, filenode, rows, fingerprint)"  # noqa: S608
        f" values ({oid}, pg_catalog.pg_relation_filenode({oid}), {int(rows)},"
        f" {quote_literal(fingerprint)})"
        " on conflict (relation) do update set filenode = excluded.filenode,"
        " rows = excluded.rows, fingerprint = excluded.fingerprint"
    )


def forget_gone_sql(schema: str) -> str:
    """SQL that forgets the loads whose tables are no more."""
    return (
        f"delete from {_spell(schema)} as l where not exists"  # noqa: S608
        " (select from pg_catalog.pg_class as c where c.oid = l.relation)"
    )


def read_loads(
    connection: Connection, schemas: Collection[str]
) -> dict[tuple[int, int], tuple[str, int]]:
    """Read what was loaded: oid and file of a table to the load's fingerprint and its rows."""
    wanted = {find_build_schema(schema): schema for schema in schemas}
    with connection.cursor() as cursor:
        cursor.execute(
            "select n.nspname::text from pg_class as c join pg_namespace as n"
            " on n.oid = c.relnamespace where c.relname = %s and n.nspname = any (%s)"
            " and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')",
            (LOADS, list(wanted)),
        )
        there = [wanted[name] for (name,) in cursor.fetchall()]
        if not there:
            return {}
        cursor.execute(
            " union all ".join(
                f"select relation::int8, filenode::int8, fingerprint, rows from {_spell(name)}"  # noqa: S608
                for name in there
            )
        )
        return {(oid, node): (text, rows) for oid, node, text, rows in cursor.fetchall()}


def _spell(schema: str) -> str:
    return quote(Relation(find_build_schema(schema), LOADS))
