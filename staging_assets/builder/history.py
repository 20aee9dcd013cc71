"""What was built before: one row a node in `"<schema>__build"."__builds"`.

It lives beside the data because Dagster's own memory may not outlast the run, and it is what
`rebuild: changed`, `row_count_change` and longest-chain-first look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg2 import sql
from psycopg2.extras import execute_values

from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import BUILDS, Connection, find_build_schema, make_owed_keys_sql

_OWNER = "department: "
"""How the note of whom a schema is built for begins."""


@dataclass(frozen=True)
class Build:
    """The last successful build of a node.

    Args:
        fingerprint: of the node and everything above it.
        rows: of its table; None where that has no meaning.
        seconds: how long it took.
        content_at: since when its content may be what it is now, which is earlier than its last
            build when that made the same again (a procedure, a lookup table).
        run_id: which run built it.
        built_at: when it was built.
    """

    fingerprint: str
    rows: int | None
    seconds: float
    content_at: datetime | None = None
    run_id: str = ""
    built_at: datetime | None = None


def run_prepare_history(connection: Connection, schema: str) -> None:
    """Make the table of builds, and that of what is owed, when they are missing.

    The build schema must exist.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "create table if not exists {} ("
                " node text primary key,"
                " fingerprint text not null,"
                " rows bigint,"
                " seconds double precision not null,"
                " built_at timestamptz not null default now(),"
                " content_at timestamptz not null default now(),"
                " run_id text not null);"
            ).format(_table(schema))
            + sql.SQL(make_owed_keys_sql(schema))
        )


def run_claim(
    connection: Connection, schema: str, department: str, *, take_over: bool = False
) -> None:
    """Let the database note which department a schema is built for.

    A URL is no identity: two spellings may lead to one database. So it is the database that
    knows. The note is the comment of the table of builds, which must exist.

    Raises BuildError when it is another department's, unless `take_over` is set.
    """
    table = _table(schema).as_string(connection)
    with connection.cursor() as cursor:
        cursor.execute("select obj_description(to_regclass(%s), 'pg_class')", (table,))
        row = cursor.fetchone()
        noted = row[0] if row is not None else None
        if noted == f"{_OWNER}{department}":
            return
        if noted is not None and noted.startswith(_OWNER) and not take_over:
            raise BuildError(
                f'schema "{schema}": it was last built for the department'
                f' "{noted.removeprefix(_OWNER)}", and this run is for "{department}". Name a'
                " schema of its own (STAGING_SCHEMA) or another database, or take it over:"
                " STAGING_TAKE_OVER=1."
            )
        comment = quote_literal(f"{_OWNER}{department}")
        cursor.execute(f"comment on table {table} is {comment}")


def read_history(connection: Connection, schema: str) -> dict[str, Build]:
    """Read the last build of every node; empty when nothing was built yet."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass(%s)", (_table(schema).as_string(connection),))
        if cursor.fetchone() == (None,):
            return {}
        cursor.execute(
            sql.SQL(
                "select node, fingerprint, rows, seconds, content_at, run_id, built_at from {}"
            ).format(_table(schema))
        )
        return {row[0]: Build(*row[1:]) for row in cursor.fetchall()}


def forget_builds_sql(schema: str, nodes: Iterable[str]) -> str:
    """SQL that forgets what was built under these names: a build of them begins.

    A run that is killed after it published and before it remembered must not leave a row that
    says something else was built last.
    """
    table = quote(Relation(find_build_schema(schema), BUILDS))
    named = ", ".join(quote_literal(node) for node in nodes)
    return f"update {table} set fingerprint = '' where node in ({named})"  # noqa: S608


def remember(
    connection: Connection, schema: str, builds: Mapping[str, Build], *, same: Iterable[str] = ()
) -> None:
    """Write the builds of several nodes in one statement.

    Args:
        same: nodes among them that were made again as they were: `content_at` stays.
    """
    if not builds:
        return
    kept = set(same)
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            _upsert(connection, schema),
            [
                (node, b.fingerprint, b.rows, b.seconds, b.run_id, node in kept)
                for node, b in builds.items()
            ],
            page_size=1_000,
        )


def _upsert(connection: Connection, schema: str) -> str:
    table = _spell(connection, schema)
    return (
        f"insert into {table}"  # noqa: S608 - a quoted identifier
        " (node, fingerprint, rows, seconds, run_id, built_at, content_at)"
        " select v.node, v.fingerprint, v.rows::bigint, v.seconds, v.run_id, now(),"
        " coalesce(case when v.same then old.content_at end, now())"
        " from (values %s) as v (node, fingerprint, rows, seconds, run_id, same)"
        f" left join {table} as old on old.node = v.node"
        " on conflict (node) do update set fingerprint = excluded.fingerprint,"
        " rows = excluded.rows, seconds = excluded.seconds, run_id = excluded.run_id,"
        " built_at = excluded.built_at, content_at = excluded.content_at"
    )


def _table(schema: str) -> sql.Identifier:
    return sql.Identifier(find_build_schema(schema), BUILDS)


def _spell(connection: Connection, schema: str) -> str:
    """The table's name in a statement that has placeholders, where % is written twice."""
    return _table(schema).as_string(connection).replace("%", "%%")
