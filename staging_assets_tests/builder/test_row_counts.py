"""The number of rows that a build tells is the number that the table has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check
from staging_assets.postgres import Server
from staging_assets_tests.support.builds import ask, build_all, load, tables

SCRIPTS = {
    "union": "drop table if exists staging.x; create table staging.x as (\n    select i\n    from"
    " etl.n group by 1\n    UNION ALL\n    select i from etl.n\n); create index on staging.x (i);",
    "with": "drop table if exists staging.x; create table staging.x as (\nwith a as (select i from"
    " etl.n) select * from a\n); alter table staging.x add primary key (i);",
    "comment": "drop table if exists staging.x; create table staging.x as -- all of it\n"
    "/* really */ ((select i from etl.n)); create index on staging.x (i);",
    "values": "drop table if exists staging.x; create table staging.x (i) as values (1), (2);"
    " create index on staging.x (i);",
    "table": "drop table if exists staging.x; create unlogged table staging.x as\ntable etl.n;"
    " create index on staging.x (i);",
    "execute": "prepare q as select i from etl.n; create table staging.x as execute q;"
    " deallocate q;",
    "into": "drop table if exists staging.x; select i into staging.x from etl.n;"
    " create index on staging.x (i);",
    "no data": "drop table if exists staging.x; create table staging.x as\n(select i from etl.n)"
    " with no data; create index on staging.x (i);",
    "insert": "drop table if exists staging.x; create table staging.x (i int);"
    " insert into staging.x values (1); create index on staging.x (i);",
    "block": "create table staging.x (i int); do $$ begin insert into staging.x values (1), (2);"
    " end $$;",
    "with insert": "create table staging.x (i int); with a as (insert into staging.x values (1)"
    " returning i) select count(*) from a;",
    "empty": "drop table if exists staging.x; create table staging.x (i int);"
    " create index on staging.x (i);",
}


@pytest.fixture
def witness(database: Server) -> Iterator[Connection]:
    with closing(database.connect("witness", autocommit=True)) as connection:
        ask(connection, "create schema etl; create table etl.n (i int)")
        ask(connection, "insert into etl.n select generate_series(1, 7)")
        yield connection


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_rows_that_the_create_script_makes_are_counted(
    database: Server, tmp_path: Path, witness: Connection, script: str
) -> None:
    project = load(tmp_path, tables(x=script))
    for _ in range(2):
        results = build_all(database, project)
        assert results["x"].rows == ask(witness, "select count(*) from staging.x")


def test_a_view_has_no_number_and_is_not_taken_for_empty(
    database: Server, tmp_path: Path, witness: Connection
) -> None:
    project = load(tmp_path, tables(x="create view staging.x as select i from etl.n;"))
    check = Check("table_not_empty", "table_not_empty", "x")
    result = build_all(database, project, checks={"x": [check]})["x"]
    assert result.rows is None
    assert [each.passed for each in result.checks] == [True]
