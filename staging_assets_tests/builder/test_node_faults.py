"""What a node that cannot be built says, and what it leaves."""

from __future__ import annotations

from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import (
    Log,
    ask,
    build,
    build_all,
    leftovers,
    load,
    statuses,
    tables,
)
from staging_assets_tests.support.small_tables import (
    CLEANUP,
    CLEANUP_FILES,
    EVENTS,
    HUB,
    LOOKUP,
    LOOKUP_YAML,
    PROCEDURE,
)


def test_a_bad_value_in_the_yaml_is_told_with_its_line(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **LOOKUP,
        "populate_tables/lookup/lookup_tables.yaml": LOOKUP_YAML.replace("[2,", "[two,"),
    }
    results = build(database, load(tmp_path, files))
    message = results["lookup_colours"].message or ""
    assert "lookup_tables.yaml:6: row 3, column code: " in message
    assert 'invalid input syntax for type integer: "two"' in message
    assert results["lookup_colours"].sqlstate == "22P02"


def test_a_repeated_code_in_the_yaml_is_told_with_both_lines(
    database: Server, tmp_path: Path
) -> None:
    files = {
        **LOOKUP,
        "populate_tables/lookup/lookup_tables.yaml": LOOKUP_YAML.replace("[2,", "[01,"),
    }
    message = build(database, load(tmp_path, files))["lookup_colours"].message or ""
    assert "primary key lookup_colours_pkey of staging.lookup_colours" in message
    assert "Key (code)=(…) is duplicated." in message
    assert "lookup_tables.yaml:6: code 01 stands here again; it is in " in message
    assert "lookup_tables.yaml:5 already." in message


def test_a_script_of_procedures_is_all_or_nothing(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    path = "create_stored_procedures/twice.sql"
    text = f"{PROCEDURE} language sql;\ncreate function staging.broken( returns int;\n"
    result = build(database, load(tmp_path, {path: text}))["stored_procedures/twice"]
    assert result.status == "failed"
    assert "twice.sql:2:" in (result.message or "")
    assert ask(witness, "select to_regproc('staging.twice')") is None


def test_a_cleanup_that_fails_leaves_nothing_of_itself(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path, CLEANUP_FILES))
    ask(witness, "update staging.hub set short = null, name = 'old ' || id")
    files = {
        **CLEANUP_FILES,
        "populate_tables/demo/staging-hub-cleanup.py": CLEANUP + "    pgw.execute('select 1/0')\n",
    }
    result = build(database, load(tmp_path, files))["hub_cleanup"]
    assert result.status == "failed"
    assert "staging-hub-cleanup.py:5" in (result.message or "")
    assert ask(witness, "select count(*), count(short) from staging.hub") == [(100, 0)]


def test_a_cleanup_that_fails_its_check_leaves_nothing_of_itself(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path, CLEANUP_FILES))
    ask(witness, "update staging.hub set short = null, name = 'old ' || id")
    files = {
        **CLEANUP_FILES,
        "populate_tables/demo/staging-hub-cleanup.py": CLEANUP.replace("left(name, 2)", "null")
        + "    pgw.execute(\"update staging.hub set name = 'changed ' || id\")\n",
    }
    check = Check("short_has_values", "has_values", "hub_cleanup", {"column": "short"})
    check = Check(**{**check.__dict__, "relation": "hub"})
    result = build(database, load(tmp_path, files), checks={"hub_cleanup": [check]})["hub_cleanup"]
    assert result.status == "failed"
    assert [check.passed for check in result.checks] == [False]
    assert ask(witness, "select count(*) from staging.hub where name like 'old%%'") == 100


def test_a_failed_check_that_does_not_block_is_reported_and_the_table_published(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    empty = (HUB[0], "insert into staging.hub (name) select 'x' where false;")
    check = Check("table_not_empty", "table_not_empty", "hub", blocking=False)
    result = build_all(database, load(tmp_path, tables(hub=empty)), checks={"hub": [check]})["hub"]
    assert [check.passed for check in result.checks] == [False]
    assert ask(witness, "select count(*) from staging.hub") == 0


def test_a_broken_foreign_key_fails_the_table_and_names_the_key(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    for rows in (1000, 30_000):
        bad = (
            EVENTS[0],
            f"insert into staging.events select g, g from generate_series(1, {rows}) g",
        )
        result = build(database, load(tmp_path, tables(hub=HUB, events=bad)))["events"]
        assert result.status == "failed"
        assert "foreign key events_hub_id_fkey of staging.events" in (result.message or "")
        assert "CREATE-staging-events.sql" in (result.message or "")
        assert "POPULATE-staging-events.sql" in (result.message or "")
        assert 'Key (hub_id)=(…) is not present in table "hub".' in (result.message or "")
        assert result.sqlstate == "23503"
        assert ask(witness, "select to_regclass('staging.events')") is None
        assert leftovers(witness) == []


def test_a_repeated_key_fails_the_table_and_names_the_key(database: Server, tmp_path: Path) -> None:
    bad = (EVENTS[0], "insert into staging.events select g % 50, 1 from generate_series(1, 99) g")
    result = build(database, load(tmp_path, tables(hub=HUB, events=bad)))["events"]
    assert "primary key events_pkey of staging.events" in (result.message or "")
    assert "Key (id)=(…) is duplicated." in (result.message or "")


def test_an_error_in_a_create_script_is_in_its_own_coordinates(
    database: Server, tmp_path: Path
) -> None:
    create = "-- a comment\ncreate table staging.a (\n    b int,\n    c nonsense\n);"
    result = build(database, load(tmp_path, tables(a=create)), schema="another_schema")["a"]
    assert "CREATE-staging-a.sql:4:7: " in (result.message or "")
    assert "      |       ^" in (result.message or "")


def test_an_error_without_a_position_in_a_create_script_names_its_statement(
    database: Server, tmp_path: Path
) -> None:
    create = (
        "create table staging.a (b int);\ncreate index on staging.a (b);\n\n"
        "create unique index a_b_idx on staging.a (b);\ncomment on table staging.a is 'x';\n"
    )
    result = build(database, load(tmp_path, tables(a=create)))["a"]
    assert "CREATE-staging-a.sql:4:1: " in (result.message or "")


def test_an_error_never_names_what_stands_in_for_a_referenced_table(
    database: Server, tmp_path: Path
) -> None:
    create = (
        "create table staging.a (b text references staging.hub (name),"
        " c int references\n staging.hub (nope));"
    )
    result = build(database, load(tmp_path, tables(hub=HUB, a=create)))["a"]
    assert 'column "nope" referenced in foreign key constraint does not exist' in (
        result.message or ""
    )
    assert "__stand" not in (result.message or "")


def test_drop_cascade_in_a_create_script_takes_nothing_else_with_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, "create type public.mood as enum ('ok'); create table public.t (m public.mood)")
    create = f"drop type public.mood cascade;\n{HUB[0]}"
    result = build(database, load(tmp_path, tables(hub=(create, HUB[1]))))["hub"]
    assert result.status == "failed"
    assert "column m of table t depends on type mood" in (result.message or "")
    assert (
        ask(
            witness,
            "select count(*) from pg_attribute where attrelid = 't'::regclass and attname = 'm'",
        )
        == 1
    )
    assert ask(witness, "select to_regclass('staging.hub')") is None


def test_notices_of_scripts_are_logged_with_table_and_line(
    database: Server, tmp_path: Path
) -> None:
    populate = "\n\ndo $$ begin raise warning 'half'; end $$;\ninsert into staging.a values (1);"
    log = Log()
    build_all(
        database,
        load(tmp_path, tables(a=("create table staging.a (b int);", populate))),
        log=log,
    )
    found = [text for level, text in log.lines if level == "warning"]
    assert len(found) == 1
    assert found[0].startswith("a: WARNING: half (")
    assert found[0].endswith("POPULATE-staging-a.sql:3)")


def test_dropping_what_is_not_there_makes_no_noise(database: Server, tmp_path: Path) -> None:
    log = Log()
    build_all(database, load(tmp_path, tables(hub=HUB, events=EVENTS)), log=log)
    assert log.lines == []


def test_a_failed_table_takes_no_other_of_its_worker_with_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    hub = ("create table staging.hub (id int primary key)", "insert into staging.hub select 1")
    child = "create table staging.{} (id int references staging.hub)"
    files = tables(
        hub=hub,
        a=(child.format("a"), "insert into staging.a select 1 / 0"),
        b=(child.format("b"), "insert into staging.b select 1"),
    )
    results = build(database, load(tmp_path, files), workers=1)
    assert statuses(results) == {"hub": "built", "a": "failed", "b": "built"}
    assert ask(witness, "select id from staging.b") == 1
