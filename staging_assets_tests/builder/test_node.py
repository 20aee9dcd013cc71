"""What building each kind of node leaves in the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import ask, build_all, leftovers, load, tables
from staging_assets_tests.support.small_tables import CLEANUP_FILES, EVENTS, HUB, LOOKUP

pytestmark = pytest.mark.also_one_statement


def test_a_table_has_the_rows_and_keys_of_its_scripts(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(hub=HUB, events=EVENTS))
    results = build_all(database, project)
    assert results["hub"].rows == 100
    assert results["events"].rows == 1000
    assert ask(witness, "select count(*), min(hub_id), max(hub_id) from staging.events") == [
        (1000, 1, 100)
    ]
    assert ask(
        witness,
        "select array_agg(conname || ' ' || pg_get_constraintdef(oid) order by 1) from"
        " pg_constraint where conrelid = 'staging.events'::regclass and contype <> 'n'",
    ) == [
        "events_hub_id_fkey FOREIGN KEY (hub_id) REFERENCES staging.hub(id) ON DELETE CASCADE",
        "events_pkey PRIMARY KEY (id)",
    ]
    assert leftovers(witness) == []


def test_a_serial_goes_on_where_the_load_ended(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path, tables(hub=HUB)))
    assert ask(witness, "insert into staging.hub (name) values ('x') returning id") == 101


def test_the_rows_of_another_schema_name_are_the_same(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(hub=HUB, events=EVENTS))
    for schema in ("staging_dev", "we\"ird 100% 'name"):
        build_all(database, project, schema=schema)
        quoted = schema.replace('"', '""')
        assert ask(witness, f'select count(*) from "{quoted}".events') == 1000
    assert ask(witness, "select to_regnamespace('staging')") is None


def test_a_lookup_table_has_the_rows_of_the_yaml(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    results = build_all(database, load(tmp_path, LOOKUP))
    assert results["lookup_colours"].rows == 3
    assert ask(witness, "select code, value, since::text from staging.lookup_colours") == [
        (0, "Unknown", None),
        (1, "red\tand\\green\nblue", "2020-01-31"),
        (2, "true", "2021-05-05"),
    ]


def test_a_table_without_a_populate_script_is_empty(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    results = build_all(database, load(tmp_path, tables(hub=HUB[0])))
    assert results["hub"].rows == 0
    assert ask(witness, "select count(*) from staging.hub") == 0


def test_a_percent_sign_reaches_the_server_untouched(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    populate = "insert into staging.a select '100%s %% %(x)s' where 'abc' like 'a%';"
    build_all(database, load(tmp_path, tables(a=("create table staging.a (b text);", populate))))
    assert ask(witness, "select b from staging.a") == "100%s %% %(x)s"


def test_settings_of_one_script_do_not_reach_the_next(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    show = (
        "create table {0} (path text, role text, mood text, temp text);",
        "insert into {0} select current_setting('search_path'), current_user,"
        " current_setting('my.mood', true), to_regclass('pg_temp.t')::text;",
    )
    first = "set search_path to staging; set my.mood to 'bad'; create temp table t (a int);"
    files = tables(
        a=(show[0].format("staging.a"), first + show[1].format("staging.a")),
        b=(show[0].format("staging.b"), "select 1 from staging.a;" + show[1].format("staging.b")),
    )
    build_all(database, load(tmp_path, files), workers=1)
    assert ask(witness, "select path, mood, temp from staging.b") in (
        [("public", None, None)],
        [("public", "", None)],
    )


def test_now_is_one_moment_and_temporary_tables_last_through_a_script(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    populate = (
        "create temp table t as select 1 as b; insert into staging.a select b from t;"
        "insert into staging.a select 2;"
    )
    results = build_all(
        database, load(tmp_path, tables(a=("create table staging.a (b int);", populate)))
    )
    assert results["a"].rows == 2
    assert ask(witness, "select array_agg(b order by b) from staging.a") == [1, 2]


def test_rows_are_counted_when_a_trigger_changes_how_many_there_are(
    database: Server, tmp_path: Path
) -> None:
    files = {
        "create_stored_procedures/half.sql": (
            "create or replace function staging.half() returns trigger language plpgsql as $$"
            " begin if new.b % 2 = 0 then return null; end if; return new; end $$;"
        ),
        **tables(
            a=(
                "create table staging.a (b int); create trigger t before insert on staging.a"
                " for each row execute function staging.half();",
                "insert into staging.a select generate_series(1, 10);",
            )
        ),
    }
    assert build_all(database, load(tmp_path, files))["a"].rows == 5


def test_rows_that_the_create_script_itself_inserts_stay(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    create = "create table staging.a (b int primary key); insert into staging.a values (0);"
    populate = "insert into staging.a values (1);"
    results = build_all(database, load(tmp_path, tables(a=(create, populate))))
    assert results["a"].rows == 2
    assert ask(witness, "select array_agg(b order by b) from staging.a") == [0, 1]


def test_rows_of_a_create_table_as_are_counted(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    create = (
        "drop table if exists staging.a;\n"
        "create table staging.a as select g as b from generate_series(1, 7) as g;\n"
        "create index on staging.a (b);\n"
        "comment on table staging.a is 'x';\n"
    )
    assert build_all(database, load(tmp_path, tables(a=create)))["a"].rows == 7
    assert ask(witness, "select count(*) from staging.a") == 7


def test_functions_may_name_tables_that_come_later(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        "create_stored_procedures/f.sql": (
            "create function staging.hubs() returns bigint language sql as"
            " 'select count(*) from staging.hub';"
        ),
        **tables(hub=HUB),
    }
    build_all(database, load(tmp_path, files))
    assert ask(witness, "select staging.hubs()") == 100


def test_a_cleanup_runs_in_the_schema_that_is_built(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    results = build_all(database, load(tmp_path, CLEANUP_FILES), schema="staging_dev")
    assert results["hub_cleanup"].status == "built"
    assert ask(witness, "select count(*) from staging_dev.hub where short = 'n1'") == 12


def test_the_schemas_own_check_is_reported(database: Server, tmp_path: Path) -> None:
    check = Check("schema_exists", "schema_exists", "schema")
    results = build_all(database, load(tmp_path, tables(hub=HUB)), checks={"schema": [check]})
    assert [check.passed for check in results["schema"].checks] == [True]


@pytest.mark.parametrize("rows", [10, 30_000])
def test_a_table_is_analyzed(
    database: Server, witness: Connection, tmp_path: Path, rows: int
) -> None:
    populate = f"insert into staging.hub (name) select g::text from generate_series(1, {rows}) g;"
    build_all(database, load(tmp_path, tables(hub=(HUB[0], populate))))
    assert (
        ask(witness, "select reltuples from pg_class where oid = 'staging.hub'::regclass") == rows
    )
