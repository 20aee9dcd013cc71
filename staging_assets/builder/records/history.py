"""What was built before: one row a node in `"<schema>__build"."__builds"`.

It lives beside the data because Dagster's own memory may not outlast the run. A row is written in
the transaction that publishes, so that it always tells of the table that is there; a promotion
takes it along with the schema. `rebuild: changed`, `row_count_change` and longest-chain-first look
at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extras import execute_values

from staging_assets.builder.records.made_of import MadeOf, read_made_of
from staging_assets.errors import BuildError
from staging_assets.model import Relation
from staging_assets.parser import quote, quote_literal
from staging_assets.postgres import (
    BUILDS,
    OWED_KEYS,
    Connection,
    find_build_schema,
    make_owed_keys_sql,
)

_OWNER = "department: "
"""How the note of whom a schema is built for begins."""

_IS_COMPLETE = (
    "exists (select from pg_attribute as a"
    " where a.attrelid = c.oid and a.attname in ('made_of', 'on_table', 'mark'))"
)


@dataclass(frozen=True)
class Build:
    """The last successful build of a node, and what has been tried since.

    Args:
        rows: of its table; None where that has no meaning.
        seconds: how long it took.
        content: another one whenever its rows may be others.
        made_of: what it was made of; None when it was not built, or by a version that did not
            note it.
        as_left: what the run left in the catalog, each with a fingerprint; None when the run was
            ended before it noted that.
        failed: `MadeOf.hash` of a later build that failed.
        run_id: which run built it.
        built_at: when; None in what is to be recorded.
    """

    rows: int | None
    seconds: float
    content: str | None = None
    made_of: MadeOf | None = None
    as_left: Mapping[str, str] | None = None
    failed: str | None = None
    run_id: str = ""
    built_at: datetime | None = None


def run_prepare_history(
    connection: Connection, schema: str, further: Mapping[str, str] | None = None
) -> None:
    """Make the table of builds, and that of what is owed, when they are missing.

    The build schema must exist.

    Args:
        further: name of another table that belongs there to the statement that makes it.
    """
    wanted = {
        BUILDS: _make_sql(schema),
        OWED_KEYS: make_owed_keys_sql(schema),
        **(further or {}),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"select c.relname::text, {_IS_COMPLETE}"  # noqa: S608 - our own
            " from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
            " where n.nspname = %s and c.relname = any (%s)",
            (find_build_schema(schema), list(wanted)),
        )
        complete = {name for name, is_complete in cursor.fetchall() if is_complete}
        missing = [statement for name, statement in wanted.items() if name not in complete]
        if missing:
            cursor.execute("; ".join(missing))


def is_prepared_sql(schema: str, department: str, further: Collection[str]) -> str:
    """A condition: all that `run_prepare_history` and `run_claim` do has been done.

    Args:
        further: names of the other tables that belong there.
    """
    tables = [BUILDS, OWED_KEYS, *further]
    names = ", ".join(map(quote_literal, tables))
    return (
        f"({len(tables)} = (select count(*) from pg_class as c"  # noqa: S608 - quoted
        " join pg_namespace as n on n.oid = c.relnamespace"
        f" where n.nspname = {quote_literal(find_build_schema(schema))} and c.relname in ({names})"
        f" and {_IS_COMPLETE}) and obj_description(to_regclass({quote_literal(_spell(schema))}),"
        f" 'pg_class') = {quote_literal(f'{_OWNER}{department}')})"
    )


def _make_sql(schema: str) -> str:
    table = _spell(schema)
    return (
        f"create table if not exists {table} (node text primary key, rows bigint,"
        " seconds double precision not null, built_at timestamptz not null default now(),"
        " run_id text not null);"
        # Earlier versions kept other columns.
        f"alter table {table} drop column if exists fingerprint,"
        " drop column if exists content_at, add column if not exists content text,"
        " add column if not exists made_of jsonb, add column if not exists as_left jsonb,"
        " add column if not exists failed text"
    )


def run_claim(
    connection: Connection, schema: str, department: str, *, take_over: bool = False
) -> None:
    """Let the database note which department a schema is built for.

    A URL is no identity: two spellings may lead to one database. So it is the database that
    knows. The note is the comment of the table of builds, which must exist.

    Raises BuildError when it is another department's, unless `take_over` is set.
    """
    table = _spell(schema)
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


def find_lost_builds(
    connection: Connection, schema: str, run_id: str, contents: Mapping[str, str | None]
) -> list[str]:
    """Those of some nodes whose last build on record is not this run's, sorted.

    A server that crashes loses the commits of its last moments, for which nobody has waited. What
    was recorded before may have the same run's name, when a step is tried again in its run.

    Args:
        connection: in autocommit mode.
        schema: what was built.
        run_id: which run built them.
        contents: what was built, as far as the run knows, and what its content is called.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select w.node from unnest(%s::text[], %s::text[]) as w (node, content)"  # noqa: S608
            f" left join {_spell(schema).replace('%', '%%')} as b on b.node = w.node"
            " and b.run_id = %s and b.content is not distinct from w.content"
            " where b.node is null order by 1",
            (list(contents), list(contents.values()), run_id),
        )
        return [node for (node,) in cursor.fetchall()]


def read_history(
    connection: Connection, schema: str, *, prepared: bool = False
) -> dict[str, Build]:
    """Read the last build of every node; empty when nothing was built yet.

    Args:
        prepared: whether its table is known to be there, and complete.
    """
    with connection.cursor() as cursor:
        if not prepared:
            cursor.execute(
                "select exists (select from pg_attribute where attrelid = to_regclass(%s)"
                " and attname = 'made_of')",
                (_spell(schema),),
            )
            if cursor.fetchone() != (True,):
                return {}
        cursor.execute(
            "select node, rows, seconds, content, made_of, as_left, failed, run_id, built_at"  # noqa: S608
            f" from {_spell(schema)}"
        )
        return {
            node: Build(rows, seconds, content, read_made_of(made_of), *rest)
            for node, rows, seconds, content, made_of, *rest in cursor.fetchall()
        }


def record_sql(schema: str, node: str, build: Build) -> str:
    """SQL that records a build, for the transaction that publishes it.

    It needs nothing of the search path.

    Args:
        build: with all that it was made of.
    """
    assert build.made_of is not None
    rows = "null" if build.rows is None else str(int(build.rows))
    values = ", ".join(
        [
            quote_literal(node),
            rows,
            repr(float(build.seconds)),
            "null" if build.content is None else quote_literal(build.content),
            f"{quote_literal(build.made_of.to_json())}::pg_catalog.jsonb",
            quote_literal(build.run_id),
            "pg_catalog.now()",
        ]
    )
    return (
        f"insert into {_spell(schema)}"  # noqa: S608 - quoted
        " (node, rows, seconds, content, made_of, run_id, built_at)"
        f" values ({values}) on conflict (node) do update set rows = excluded.rows,"
        " seconds = excluded.seconds, content = excluded.content, made_of = excluded.made_of,"
        " run_id = excluded.run_id, built_at = excluded.built_at, as_left = null, failed = null"
    )


def forget_builds_sql(schema: str, nodes: Iterable[str]) -> str:
    """SQL that forgets what was built under these names: what is there now is no build of ours."""
    named = ", ".join(quote_literal(node) for node in nodes)
    return f"delete from {_spell(schema)} where node in ({named})"  # noqa: S608


def run_note_failures(connection: Connection, schema: str, failed: Mapping[str, str]) -> None:
    """Note which nodes were to be built anew and failed.

    What was built before stays on record, since it is what is there.

    Args:
        failed: node to `MadeOf.hash` of what it would have been made of.
    """
    if not failed:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            f"update {_spell(schema).replace('%', '%%')} as b"  # noqa: S608
            " set failed = v.failed from (values %s) as v (node, failed) where b.node = v.node",
            list(failed.items()),
            page_size=1_000,
        )


def _spell(schema: str) -> str:
    return quote(Relation(find_build_schema(schema), BUILDS))
