"""Small questions about what is there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_identifier
from staging_assets.postgres.driver import Connection


def has_schema(connection: Connection, schema: str) -> bool:
    """Whether a schema exists."""
    return _ask(connection, "select to_regnamespace(%s) is not null", quote_identifier(schema))


def has_table(connection: Connection, relation: Relation) -> bool:
    """Whether a table (or a view) exists."""
    return _ask(connection, "select to_regclass(%s) is not null", quote(relation))


def has_rows(connection: Connection, relation: Relation) -> bool:
    """Whether a table that exists has any row."""
    return _ask(connection, f"select exists (select 1 from {quote(relation)} limit 1)")  # noqa: S608


def has_values(connection: Connection, relation: Relation, column: str) -> bool:
    """Whether a column has any value; false when it or its table is missing."""
    found = _ask(
        connection,
        "select exists (select from pg_attribute where attrelid = to_regclass(%s)"
        " and attname = %s and not attisdropped)",
        quote(relation),
        column,
    )
    where = f"{quote_identifier(column)} is not null"
    query = f"select exists (select 1 from {quote(relation)} where {where} limit 1)"  # noqa: S608
    return found and _ask(connection, query)


def has_functions(connection: Connection, schema: str, names: Collection[str]) -> bool:
    """Whether functions or procedures of all these names exist in a schema."""
    return _ask(
        connection,
        "select count(distinct p.proname) = %s from pg_proc as p"
        " join pg_namespace as n on n.oid = p.pronamespace"
        " where n.nspname = %s and p.proname = any (%s)",
        len(set(names)),
        schema,
        sorted(names),
    )


def _ask(connection: Connection, query: str, *arguments: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments or None)
        row = cursor.fetchone()
    return bool(row and row[0])


FREE_CONNECTIONS = """
least(
    current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int
    - (select count(*)::int from pg_stat_activity where backend_type = 'client backend'),
    (
        select nullif(r.rolconnlimit, -1)
        - (select count(*)::int from pg_stat_activity where usename = current_user)
        from pg_roles as r where r.rolname = current_user
    ),
    (
        select nullif(d.datconnlimit, -1) - d.numbackends
        from (
            select d.datconnlimit, pg_stat_get_db_numbackends(d.oid) as numbackends
            from pg_database as d where d.datname = current_database()
        ) as d
    )
)
"""
"""How many more sessions the server lets this role open in this database, as SQL."""

BUILDS = "__builds"
"""What each node of the schema was last built from, a row a node."""

RELEASES = "__releases"
"""What was promoted."""

LOADS = "__loads"
"""What was loaded into the schema from files, a row a table, by its oid."""

MARK = "__mark"
"""An UNLOGGED table with one row: a crash empties it, as it does Postgres' counters.

Nothing else tells of one: the time of the counters' reset stays as it was.
"""


def find_build_schema(schema: str) -> str:
    """The private schema in which the tables of a schema are made."""
    return f"{schema}__build"
