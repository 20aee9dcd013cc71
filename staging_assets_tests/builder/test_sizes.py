"""The bytes that a build tells of a table are those that it takes on disk, with its indexes."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all, load, tables

ROWS = "select i, repeat(md5(i::text), 200) from generate_series(1, 300) as i"
KEYED = "create table staging.{} (i int primary key, t text unique);"
SCRIPTS = {
    "large values": tables(a=(KEYED.format("a"), f"insert into staging.a {ROWS};")),
    "many rows": tables(
        a=(
            KEYED.format("a"),
            "insert into staging.a select i, i::text from generate_series(1, 12000) as i;",
        )
    ),
    "empty": tables(a=KEYED.format("a")),
    "partitions": tables(
        a=(
            "create table staging.a (i int primary key, t text) partition by range (i);"
            "create table staging.a_low partition of staging.a for values from (0) to (100)"
            " partition by range (i);"
            "create table staging.a_lowest partition of staging.a_low for values from (0) to (100);"
            "create table staging.a_high partition of staging.a for values from (100) to (1000);",
            f"insert into staging.a {ROWS};",
        )
    ),
    "in place": tables(
        a=(
            KEYED.format("a"),
            f"do $$ begin execute 'insert into staging.' || 'a {ROWS}'; end $$;",
        )
    ),
    "in place, partitions": tables(
        a=(
            "create table staging.a (i int primary key, t text) partition by range (i);"
            "create table staging.a_all partition of staging.a for values from (0) to (1000);",
            f"do $$ begin execute 'insert into staging.' || 'a {ROWS}'; end $$;",
        )
    ),
    "materialized": tables(a=f"create materialized view staging.a as {ROWS};"),
    "circle": tables(
        a=(
            "create table staging.a (i int primary key, t text, b int references staging.b);",
            f"insert into staging.a {ROWS};",
        ),
        b=(
            "create table staging.b (i int primary key, a int references staging.a);",
            "insert into staging.b select i, i from generate_series(1, 300) as i;",
        ),
    ),
    "a name with a mark": tables(
        **{
            "a%b": (
                'create table staging."a%b" (i int primary key, t text);',
                f'insert into staging."a%b" {ROWS};',
            )
        }
    ),
}
SIZES = """
select c.relname::text, coalesce(
    (select sum(pg_total_relation_size(t.relid)) from pg_partition_tree(c.oid) as t),
    pg_total_relation_size(c.oid)
)::bigint
from pg_class as c
where c.relnamespace = 'staging'::regnamespace and c.relkind in ('r', 'p', 'm')
"""


@pytest.mark.parametrize("files", SCRIPTS.values(), ids=SCRIPTS)
def test_bytes_are_those_on_disk(
    database: Server, tmp_path: Path, witness: Connection, files: dict[str, str]
) -> None:
    project = load(tmp_path, files)
    for _ in range(2):  # the second one replaces the first
        results = build_all(database, project)
        found = ask(
            witness, f"select json_object_agg(relname, size) from ({SIZES}) s (relname, size)"
        )
        told = {node: results[node].bytes for node in project.tables}
        assert told == {node: found[node] for node in project.tables}
        assert all(told.values())


def test_a_view_takes_none(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, tables(x="create view staging.x as select 1 as i;"))
    assert build_all(database, project)["x"].bytes is None
