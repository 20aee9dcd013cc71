"""A load that Postgres did not take: what it is in is named, and a query finds the rows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import Server
from staging_assets.settings import SessionSettings
from staging_assets_tests.support.builds import ask, build, load, tables

SOURCE = """
create schema etl;
create table etl.licences (id text, owner text, chip text, issued text, fee text);
insert into etl.licences values
    ('1', 'Ann', 'a1', '2020-01-01', '5.50'), ('2', 'Bob', 'b1', '2020-02-01', '6'),
    ('3', 'Ann', null, '2020-03-01', '7'), ('five', 'hush', 'eeee', '2020-02-30', '1e9'),
    ('2', 'Cid', 'c1', null, null);
create table etl.owners (owner text, owner_id int);
insert into etl.owners values ('Ann', 1), ('Bob', 2), ('Cid', 3), ('hush', 4);
"""
DOGS = (
    "create table staging.dogs (dog_id int primary key, owner_id int, chip text not null, "
    "issued date, fee numeric(3, 2), note varchar(3));"
)


def fail(
    server: Server, witness: Connection, folder: Path, populate: str, create: str = DOGS
) -> str:
    """Build a table whose load fails, and return what is told."""
    ask(witness, SOURCE)
    result = build(server, load(folder, tables(dogs=(create, populate))))["dogs"]
    assert result.status == "failed", result
    message = result.message or ""
    assert "hush" not in message
    return message


def find_queries(message: str) -> list[str]:
    """The queries that a message gives to paste."""
    queries = []
    for part in message.split("To find the rows:\n")[1:]:
        lines = []
        for line in part.splitlines():
            if not line.startswith("    "):
                break
            lines.append(line.removeprefix("    "))
        queries.append("\n".join(lines))
    return queries


JOINED = "from etl.licences l join etl.owners o on o.owner = l.owner"
CAST = [
    # statement, the place told, the rows that its query finds
    (
        f"insert into staging.dogs (dog_id, owner_id, chip)\nselect l.id::int, "
        f"o.owner_id, coalesce(l.chip, '')\n{JOINED};",
        "l.id::int, for column dog_id (",
        ":2:8)",
        [(1, "five")],
    ),
    (
        f"insert into staging.dogs (dog_id, owner_id, chip)\n"
        "select o.owner_id, cast(l.id as integer) as n, "
        f"l.chip {JOINED} where l.chip <> 'x';",
        "cast(l.id as integer), for column owner_id (",
        ":2:20)",
        [(1, 4, "five")],
    ),
    (
        "insert into staging.dogs (dog_id, chip, issued)\nselect "
        "row_number() over ()::int, 'c', nullif(trim(issued), '')::date from etl.licences;",
        "nullif(trim(issued), '')::date, for column issued (",
        ":2:40)",
        [(1, "2020-02-30")],
    ),
    (
        "with x as (\n select id::text as i from etl.licences)\n"
        "insert into staging.dogs (dog_id, chip) select x.i::int4, 'c' from x",
        "x.i::int4, for column dog_id (",
        ":3:48)",
        [(1, "five")],
    ),
    (
        "insert into staging.dogs (dog_id, chip) with x as (select id as i from etl.licences)\n"
        "select x.i::bigint, 'c' from x;",
        "x.i::bigint, for column dog_id (",
        ":2:8)",
        [(1, "five")],
    ),
    (
        "insert into staging.dogs (dog_id, chip) select y.id, 'c' from ("
        "select id::smallint from etl.licences where owner <> 'x') y",
        "id::smallint (",
        ":1:71)",
        [(1, "five")],
    ),
    (
        "insert into staging.dogs (dog_id, chip) select 1, 'c' from etl.licences where id::int > 3",
        "id::int (",
        ":1:79)",
        [(1, 1, "five")],
    ),
    (
        "insert into staging.dogs select extract(year from issued::date)::int, 1, 'c' "
        "from etl.licences",
        "issued::date (",
        ":1:51)",
        [(1, "2020-02-30")],
    ),
]


@pytest.mark.parametrize(("populate", "told", "place", "rows"), CAST)
def test_a_value_that_is_no_number_or_day_is_told_with_its_expression(
    database: Server,
    witness: Connection,
    tmp_path: Path,
    populate: str,
    told: str,
    place: str,
    rows: list[tuple[Any, ...]],
) -> None:
    message = fail(database, witness, tmp_path, populate)
    assert told in message
    assert f"POPULATE-staging-dogs.sql{place}" in message
    if "::date" in told and witness.server_version < 160000:
        return  # which values are no days is not known there: the query lists all of them
    [query] = find_queries(message)
    with witness.cursor() as cursor:
        cursor.execute(query)
        assert cursor.fetchall() == rows, query


def test_several_conversions_that_it_may_be_are_all_told(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    message = fail(
        database,
        witness,
        tmp_path,
        "insert into staging.dogs (dog_id, owner_id, chip)\n"
        "select row_number() over (), fee::int, id::int::text from etl.licences;",
    )
    assert "It is in one of:\n    fee::int, for column owner_id (" in message
    first, second = find_queries(message)
    assert ask(witness, first)[0][0] == 2
    assert ask(witness, second)[0][-1] == "five"


@pytest.mark.parametrize(
    ("values", "told", "rows"),
    [
        (
            "(dog_id, chip, note) select row_number() over (), 'c', owner || '!' from etl.licences",
            "It is in column note.",
            [(5, 1, "Ann!"), (5, 2, "Bob!")],
        ),
        (
            "(dog_id, chip) select row_number() over (), chip from etl.licences",
            "It is in column chip.",
            [(1, 3, None)],
        ),
        ("(dog_id) select 1", "The statement gives column chip no value.", None),
        (
            "(dog_id, chip, fee) select row_number() over (), 'c', fee::numeric from etl.licences",
            "It is in column fee.",
            [(1, 4, 1000000000)],
        ),
        (
            "(dog_id, chip) select n * 1000000000::bigint, 'c' from generate_series(1, 4) n",
            "It is in column dog_id or owner_id.".replace(" or owner_id", ""),
            [(2, 3000000000), (2, 4000000000)],
        ),
        (
            "(dog_id, chip) select owner_id % 2, 'c' from etl.owners",
            "Key (dog_id)=(…) is duplicated.",
            [(2, 0, 2), (2, 1, 2)],
        ),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_told_with_the_column(
    database: Server,
    witness: Connection,
    tmp_path: Path,
    values: str,
    told: str,
    rows: list[tuple[Any, ...]] | None,
) -> None:
    message = fail(database, witness, tmp_path, f"insert into staging.dogs {values};")
    assert told in message
    queries = find_queries(message)
    if rows is None:
        assert queries == []
        return
    with witness.cursor() as cursor:
        cursor.execute(queries[0])
        assert sorted(cursor.fetchall(), key=str)[:2] == sorted(rows, key=str)[:2], queries[0]


def test_a_foreign_key_that_finds_nothing_is_told_with_a_query(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, SOURCE)
    made = tables(
        owners=(
            "create table staging.owners (owner_id int primary key);",
            "insert into staging.owners select owner_id from etl.owners where owner_id < 3;",
        ),
        dogs=(
            "create table staging.dogs (id int, "
            "owner_id int references staging.owners (owner_id));",
            "insert into staging.dogs select g, g % 5 from generate_series(1, 10) g;",
        ),
    )
    results = build(database, load(tmp_path, made))
    message = results["dogs"].message or ""
    assert "Key (owner_id)=(…) is not present in table" in message
    [query] = find_queries(message)
    assert sorted(ask(witness, query)) == [(0, 2), (3, 2), (4, 2)]


def test_another_schema_is_named_in_the_query(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, SOURCE)
    made = tables(
        a=(
            "create table staging.a (t text);",
            "insert into staging.a select id from etl.licences;",
        ),
        dogs=(
            "create table staging.dogs (n int);",
            "insert into staging.dogs select t::int from staging.a;",
        ),
    )
    message = build(database, load(tmp_path, made), schema="my staging")["dogs"].message or ""
    [query] = find_queries(message)
    assert ask(witness, query) == [(1, "five")]


def test_an_older_server_gets_a_query_that_it_knows(database15: Server, tmp_path: Path) -> None:
    with closing(database15.connect("witness", autocommit=True)) as witness:
        for spelled, found in (("int", [(1, "five")]), ("date", None)):
            ask(witness, "drop schema if exists etl cascade;" + SOURCE)
            column = "id" if spelled == "int" else "issued"
            made = tables(
                dogs=(
                    f"create table staging.dogs (x {spelled});",
                    f"insert into staging.dogs select {column}::{spelled} from etl.licences;",
                )
            )
            message = build(database15, load(tmp_path / spelled, made))["dogs"].message or ""
            assert find_queries(message), message
            [query] = find_queries(message)
            with witness.cursor() as cursor:
                cursor.execute(query)
                rows = cursor.fetchall()
            assert rows == found if found else ("2020-02-30", 1) in rows


def test_other_statements_are_told_with_their_conversions(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, SOURCE)
    made = tables(
        made="create table staging.made as\nselect id::int as n from etl.licences;",
        changed=(
            "create table staging.changed (t text, n int);",
            "insert into staging.changed select id from etl.licences;\n"
            "update staging.changed set n = t::int;",
        ),
    )
    results = build(database, load(tmp_path, made))
    message = results["made"].message or ""
    assert "CREATE-staging-made.sql:2:8)" in message
    [query] = find_queries(message)
    assert ask(witness, query) == [(1, "five")]
    message = results["changed"].message or ""
    assert "t::int (" in message
    assert "POPULATE-staging-changed.sql:2:32)" in message
    assert find_queries(message) == []


def test_values_are_shown_where_that_is_asked_for(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, SOURCE)
    made = tables(
        dogs=(
            DOGS,
            "insert into staging.dogs (dog_id, chip) select id::int, 'c' from etl.licences;",
        ),
        cats=(
            "create table staging.cats (id int primary key);",
            "insert into staging.cats select owner_id % 2 from etl.owners;",
        ),
    )
    shown = SessionSettings(show_values=True)
    results = build(database, load(tmp_path, made), sessions=shown)
    assert 'invalid input syntax for type integer: "five"' in (results["dogs"].message or "")
    assert "Key (id)=(" in (results["cats"].message or "")
    assert "…" not in (results["cats"].message or "")
    results = build(database, load(tmp_path, made))
    assert "five" not in (results["dogs"].message or "")
