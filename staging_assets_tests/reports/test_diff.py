"""How two schemas differ, against what plain SQL says of them."""

from __future__ import annotations

import json
import time

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.cli import main
from staging_assets.errors import DatabaseError
from staging_assets.postgres import Server
from staging_assets.reports import RowChanges, find_diff
from staging_assets_tests.support.builds import ask

ALIKE = """
create schema {0};
create type {0}.mood as enum ('sad', 'happy');
create table {0}.people (
    id bigint, part int, name text not null, born date, mood {0}.mood, extra json, spot point,
    primary key (id, part)
);
insert into {0}.people
select g, g % 3, 'n' || g, date '2000-01-01' + g, 'sad', '{{"a": 1}}', '(1,2)'
from generate_series(1, 100) g;
create table {0}.bag (n int, t text);
insert into {0}.bag values (1, 'a'), (1, 'a'), (2, null);
create view {0}.seen as select name from {0}.people;
create function {0}.f(n int) returns bigint language sql as $$ select count(*) from {0}.people $$;
"""


@pytest.fixture
def alike(witness: Connection) -> Connection:
    """Schemas `a` and `b`, made by the same script."""
    for schema in ("a", "b"):
        ask(witness, ALIKE.format(schema))
    return witness


def test_schemas_made_alike_are_the_same(database: Server, alike: Connection) -> None:
    found = find_diff(database, "a", "b")
    assert found.same
    assert found.tables["people"].rows == RowChanges(100, 100, 0, 0, 0, ["id", "part"])
    assert found.tables["bag"].rows == RowChanges(3, 3, 0, 0, None, [])


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ("delete from b.people where id <= 7", (100, 93, 7, 0, 0)),
        ("insert into b.people (id, part, name) values (101, 1, 'x')", (100, 101, 0, 1, 0)),
        ("update b.people set name = 'x' where id < 4", (100, 100, 0, 0, 3)),
        ("update b.people set born = null where id = 4", (100, 100, 0, 0, 1)),
        ("update b.people set mood = 'happy' where id = 4", (100, 100, 0, 0, 1)),
        ("update b.people set extra = '{\"a\": 2}' where id = 4", (100, 100, 0, 0, 1)),
        ("update b.people set spot = '(1,3)' where id in (1, 2)", (100, 100, 0, 0, 2)),
        ("update b.people set part = 9 where id = 4", (100, 100, 1, 1, 0)),
    ],
)
def test_rows_are_counted_by_key(
    database: Server, alike: Connection, change: str, rows: tuple[int, ...]
) -> None:
    ask(alike, change)
    found = find_diff(database, "a", "b")
    assert found.tables["people"].rows == RowChanges(*rows, ["id", "part"])
    assert not found.same
    assert not found.tables["people"].structure
    assert found.tables["bag"].same
    # The other way round, less is more.
    back = find_diff(database, "b", "a", only=["people"]).tables["people"].rows
    assert back is not None
    assert (back.removed, back.added, back.changed) == (rows[3], rows[2], rows[4])


def test_rows_without_a_key_are_counted_as_often_as_they_are_there(
    database: Server, alike: Connection
) -> None:
    ask(alike, "insert into b.bag values (1, 'a'), (3, 'c'); delete from b.bag where n = 2")
    assert find_diff(database, "a", "b").tables["bag"].rows == RowChanges(3, 4, 1, 2, None, [])


def test_a_unique_column_serves_as_key_only_where_it_can_hold_no_null(
    database: Server, witness: Connection
) -> None:
    for schema in ("a", "b"):
        ask(
            witness,
            f"create schema {schema}; create table {schema}.t (x int not null unique, y int);"
            f" create table {schema}.u (x int unique, y int);"
            f" insert into {schema}.t values (1, 1); insert into {schema}.u values (null, 1)",
        )
    ask(witness, "update b.t set y = 2; update b.u set y = 2")
    found = find_diff(database, "a", "b").tables
    assert found["t"].rows == RowChanges(1, 1, 0, 0, 1, ["x"])
    assert found["u"].rows == RowChanges(1, 1, 1, 1, None, [])


def test_structure_views_and_routines_are_told(database: Server, alike: Connection) -> None:
    ask(
        alike,
        "alter table b.people alter born type timestamp, alter name drop not null, add more int"
        " default 3, drop extra;"
        "create index on b.people (name);"
        "create or replace view b.seen as select upper(name) as name from b.people;"
        "create or replace function b.f(n int) returns bigint language sql as 'select 1::bigint';"
        "drop table b.bag; create table b.box (); create view b.other as select 1 as one",
    )
    found = find_diff(database, "a", "b")
    assert found.tables["people"].structure == [
        "column name: not null -> null allowed",
        "column born: type date -> timestamp without time zone",
        "- column extra json",
        "+ column more integer",
        "+ index CREATE INDEX ON people USING btree (name)",
    ]
    assert found.removed == ["table bag"]
    assert found.added == ["table box", "view other"]
    assert found.replaced == ["routine f(n integer)", "view seen"]


def test_names_that_have_to_be_quoted(database: Server, witness: Connection) -> None:
    for schema in ('"My ""A%"', '"b.c"'):
        ask(
            witness,
            f'create schema {schema}; create table {schema}."T %s" ("K %" int primary key,'
            f' "V ""x" text); insert into {schema}."T %s" values (1, {len(schema)}::text)',
        )
    found = find_diff(database, 'My "A%', "b.c")
    assert found.tables["T %s"].rows == RowChanges(1, 1, 0, 0, 1, ["K %"])


def test_a_schema_or_table_that_is_not_there_is_said(database: Server, alike: Connection) -> None:
    with pytest.raises(DatabaseError, match="stagng: there is no such schema"):
        find_diff(database, "a", "stagng")
    with pytest.raises(DatabaseError, match="peple: neither a nor b has such a table"):
        find_diff(database, "a", "b", only=["peple"])


def test_a_million_rows_take_seconds(database: Server, witness: Connection) -> None:
    ask(
        witness,
        "create schema a; create table a.t (id bigint primary key, name text, n numeric, d date);"
        " insert into a.t select g, 'name' || g, g * 1.5, date '2020-01-01' + g % 1000"
        " from generate_series(1, 1000000) g;"
        " create schema b; create table b.t (like a.t including all);"
        " insert into b.t select id, name, n, d from a.t where id > 5;"
        " update b.t set n = 0 where id % 100000 = 0",
    )
    began = time.monotonic()
    rows = find_diff(database, "a", "b").tables["t"].rows
    assert rows == RowChanges(1_000_000, 999_995, 5, 0, 10, ["id"])
    # Two on an idle machine.
    assert time.monotonic() - began < 60


def test_the_command_says_it_and_ends_with_2_when_they_differ(
    database: Server,
    alike: Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    assert main(["diff", "a", "b"]) == 0
    assert capsys.readouterr().out == "a and b are the same: 2 tables\n"
    ask(alike, "update b.people set name = 'secret' where id = 1; alter table b.bag add z int")
    assert main(["diff", "a", "b"]) == 2
    assert capsys.readouterr().out.splitlines() == [
        "~ table bag: the same 3 rows",
        "    + column z integer",
        "~ table people: 100 -> 100 rows, 0 removed, 0 added, 1 changed",
        "2 of 2 tables differ",
    ]
    assert main(["diff", "a", "b", "--json", "--table", "people"]) == 2
    out = capsys.readouterr().out
    assert "secret" not in out
    told = json.loads(out)
    assert told["tables"]["people"]["rows"]["changed"] == 1
    assert list(told["tables"]) == ["people"]
