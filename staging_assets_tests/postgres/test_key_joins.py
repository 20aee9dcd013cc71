"""Large foreign keys of numbers are checked by sorting, and with the same result."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from psycopg2 import errors
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.postgres import SET_LOCAL_SORTED, sorted_keys_sql
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, build, build_all, leftovers, load, tables

HUB = """create table staging.hub (
    id int primary key, name text unique, a int, b int, unique (a, b)
);
insert into staging.hub select g, 'n' || g, g, g from generate_series(1, 60000) as g;
create table staging.few (id int primary key);
insert into staging.few select g from generate_series(1, 100) as g;
"""
ROWS = """create table staging."Rows" (
    hub_id int constraint to_hub references staging.hub (id),
    big_id bigint constraint "To hub" references staging.hub (id),
    name text constraint by_name references staging.hub (name),
    a int, b int, constraint by_two foreign key (a, b) references staging.hub (a, b),
    few_id int constraint to_few references staging.few (id)
);
insert into staging."Rows"
select g, g, 'n' || g, g, g, 1 + g % 100 from generate_series(1, 20000) as g;
"""


def find_sorted(connection: Connection, table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(sorted_keys_sql(table))
        return {name for (name,) in cursor.fetchall()}


def test_keys_of_one_number_on_a_large_table_are_sorted(witness: Connection) -> None:
    cursor = witness.cursor()
    cursor.execute(f"create schema staging; {HUB} {ROWS}")
    assert find_sorted(witness, 'staging."Rows"') == set()  # nobody knows how large they are
    cursor.execute("analyze")
    assert find_sorted(witness, 'staging."Rows"') == {"to_hub", "To hub"}
    assert find_sorted(witness, "staging.hub") == set()
    assert find_sorted(witness, "staging.gone") == set()
    # So many rows more that sorting them would take longer than looking each up.
    cursor.execute(
        "update pg_class set reltuples = 600001 where oid = 'staging.\"Rows\"'::regclass"
    )
    assert find_sorted(witness, 'staging."Rows"') == set()


@pytest.mark.parametrize("which", ["database", "database15"])
def test_the_server_sorts_when_it_is_told_so_and_finds_the_same(
    request: pytest.FixtureRequest, which: str
) -> None:
    database: Server = request.getfixturevalue(which)
    with closing(database.connect("witness", autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"create schema staging; {HUB} {ROWS}")
        cursor.execute("analyze; load 'auto_explain'")
        cursor.execute(
            "set auto_explain.log_min_duration = 0; set client_min_messages = log;"
            "set auto_explain.log_nested_statements = on"
        )
        again = (
            'alter table staging."Rows" drop constraint to_hub;'
            'alter table staging."Rows" add constraint to_hub foreign key (hub_id)'
            " references staging.hub not valid"
        )
        validate = 'alter table staging."Rows" validate constraint to_hub'
        plans = []
        for lead in ("", SET_LOCAL_SORTED):
            cursor.execute(again)
            del connection.notices[:]
            cursor.execute(lead + validate)
            plans.append(" ".join(connection.notices))
        assert "Hash" in plans[0]
        assert "Merge" in plans[1]
        assert "Hash" not in plans[1]
        cursor.execute("show enable_hashjoin")
        assert cursor.fetchone() == ("on",)
        cursor.execute(
            'alter table staging."Rows" drop constraint to_hub;'
            'update staging."Rows" set hub_id = 60001 where hub_id = 7;'
            'alter table staging."Rows" add constraint to_hub foreign key (hub_id)'
            " references staging.hub not valid"
        )
        for lead in ("", SET_LOCAL_SORTED):
            with pytest.raises(errors.ForeignKeyViolation, match=r"\(hub_id\)=\(60001\)"):
                cursor.execute(lead + validate)


CREATE_HUB = "create table staging.hub (id int primary key, name text unique);"
FILL_HUB = "insert into staging.hub select g, 'n' || g from generate_series(1, 60000) as g;"
CREATE = """create table staging.a (
    id int primary key,
    hub_id int constraint to_hub references staging.hub (id),
    name text constraint by_name references staging.hub (name)
);
"""
FILL = "insert into staging.a select g, g + {}, 'n' || g from generate_series(1, 20000) as g;"


def test_a_build_sorts_some_keys_and_validates_all(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = tables(hub=(CREATE_HUB, FILL_HUB), a=(CREATE, FILL.format(0)))
    build_all(database, load(tmp_path, files))
    query = (
        "select conname::text, convalidated from pg_constraint"
        " where conrelid = 'staging.a'::regclass and contype = 'f' order by 1"
    )
    assert ask(witness, query) == [("by_name", True), ("to_hub", True)]
    assert find_sorted(witness, "staging.a") == {"to_hub"}
    broken = tables(hub=(CREATE_HUB, FILL_HUB), a=(CREATE, FILL.format(40001)))
    results = build(database, load(tmp_path / "broken", broken))
    assert "foreign key to_hub of staging.a" in results["a"].message
    # The rows that were there before are still there.
    assert ask(witness, "select max(hub_id) from staging.a") == 20000
    assert leftovers(witness) == []
