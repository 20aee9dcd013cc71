"""What building each kind of node leaves in the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks.suite import Check
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import (
    Log,
    Rebuild,
    ask,
    build,
    build_all,
    leftovers,
    load,
    statuses,
    tables,
)

HUB = (
    "drop table if exists staging.hub cascade;\n"
    "create table staging.hub (id serial primary key, name text not null unique);\n",
    "insert into staging.hub (name) select 'n' || g from generate_series(1, 100) as g;\n",
)
EVENTS = (
    "create table staging.events (id int primary key,"
    " hub_id int not null references staging.hub (id) on delete cascade);\n"
    "create index events_hub_idx on staging.events (hub_id);\n",
    "insert into staging.events select g, g % 100 + 1 from generate_series(1, 1000) as g;\n",
)
LOOKUP_YAML = """lookup_colours:
  columns: [code, value, since]
  rows:
    - [0, Unknown, null]
    - [1, "red\\tand\\\\green\\nblue", 2020-01-31]
    - [2, 'true', 2021-05-05]
"""
LOOKUP = {
    "create_tables/CREATE-staging-lookup_colours.sql": (
        "create table staging.lookup_colours (code int primary key, value text, since date);"
    ),
    "populate_tables/lookup/lookup_tables.yaml": LOOKUP_YAML,
}


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


def test_building_twice_gives_the_same(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(hub=HUB, events=EVENTS))
    for _ in range(3):
        build_all(database, project)
        assert ask(witness, "select count(*) from staging.events") == 1000
        assert ask(witness, "select max(id) from staging.hub") == 100
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
    assert "invalid input syntax for type integer" in message
    assert "two" not in message
    assert results["lookup_colours"].sqlstate == "22P02"


def test_a_repeated_code_in_the_yaml_is_told_without_its_value(
    database: Server, tmp_path: Path
) -> None:
    files = {
        **LOOKUP,
        "populate_tables/lookup/lookup_tables.yaml": LOOKUP_YAML.replace("[2,", "[1,"),
    }
    message = build(database, load(tmp_path, files))["lookup_colours"].message or ""
    assert "primary key lookup_colours_pkey of staging.lookup_colours" in message
    assert "Key (code)=(…) is duplicated." in message


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


PROCEDURE = "create or replace function staging.twice(a int) returns int as $$ select 2 * a $$"


def test_procedures_are_made_and_replaced(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    path = "create_stored_procedures/twice.sql"
    build_all(database, load(tmp_path, {path: f"{PROCEDURE} language sql;"}))
    assert ask(witness, "select staging.twice(4)") == 8
    changed = PROCEDURE.replace("2 * a", "3 * a")
    build_all(database, load(tmp_path, {path: f"{changed} language sql;"}))
    assert ask(witness, "select staging.twice(4)") == 12


def test_a_procedure_whose_result_changed_is_dropped_and_made(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    path = "create_stored_procedures/twice.sql"
    build_all(database, load(tmp_path, {path: f"{PROCEDURE} language sql;"}))
    changed = PROCEDURE.replace("returns int", "returns text").replace("2 * a", "a::text || '!'")
    build_all(database, load(tmp_path, {path: f"{changed} language sql;"}))
    assert ask(witness, "select staging.twice(4)") == "4!"


def test_a_procedure_that_something_hangs_on_is_never_dropped_with_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    path = "create_stored_procedures/twice.sql"
    build_all(database, load(tmp_path, {path: f"{PROCEDURE} language sql;"}))
    ask(witness, "create view public.v as select staging.twice(2) as four")
    changed = PROCEDURE.replace("returns int", "returns text").replace("2 * a", "a::text")
    result = build(database, load(tmp_path, {path: f"{changed} language sql;"}))[
        "stored_procedures/twice"
    ]
    assert result.status == "failed"
    assert "view public.v depends on function staging.twice(integer)" in (
        result.message or ""
    ) or "view v depends on function staging.twice(integer)" in (result.message or "")
    assert ask(witness, "select four from public.v") == 4


def test_drop_cascade_of_a_procedure_that_is_made_again_spares_what_hangs_on_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    path = "create_stored_procedures/twice.sql"
    text = (
        "drop function if exists staging.twice(int) cascade;\n"
        f"{PROCEDURE.replace(' or replace', '')} language sql;\n"
    )
    build_all(database, load(tmp_path, {path: text}))
    ask(witness, "create view public.v as select staging.twice(2) as four")
    build_all(database, load(tmp_path, {path: text}))
    assert ask(witness, "select four from public.v") == 4
    build_all(database, load(tmp_path, {path: text.replace("2 * a", "5 * a")}))
    assert ask(witness, "select four from public.v") == 10


def test_drop_cascade_that_would_take_something_else_fails_with_the_list(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    path = "create_stored_procedures/twice.sql"
    build_all(database, load(tmp_path, {path: f"{PROCEDURE} language sql;"}))
    ask(witness, "create view public.v as select staging.twice(2) as four")
    text = "drop function if exists staging.twice(int) cascade;\n" + (
        PROCEDURE.replace("twice", "thrice").replace("2 * a", "3 * a") + " language sql;"
    )
    result = build(database, load(tmp_path, {path: text}))["stored_procedures/twice"]
    assert result.status == "failed"
    assert "view v" in (result.message or "")
    assert "function staging.twice(integer)" in (result.message or "")
    assert ask(witness, "select four from public.v") == 4
    assert ask(witness, "select to_regproc('staging.thrice')") is None


def test_functions_that_hang_on_each_other_are_dropped_and_made_by_their_script(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    text = (
        "drop function if exists staging.one() cascade;\n"
        "create function staging.one() returns int language sql return {0};\n"
        "create function staging.two() returns int language sql return staging.one() + 1;\n"
    )
    path = "create_stored_procedures/f.sql"
    build_all(database, load(tmp_path, {path: text.format(1)}))
    build_all(database, load(tmp_path, {path: text.format(5)}))
    assert ask(witness, "select staging.two()") == 6


def test_a_script_of_procedures_is_all_or_nothing(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    path = "create_stored_procedures/twice.sql"
    text = f"{PROCEDURE} language sql;\ncreate function staging.broken( returns int;\n"
    result = build(database, load(tmp_path, {path: text}))["stored_procedures/twice"]
    assert result.status == "failed"
    assert "twice.sql:2:" in (result.message or "")
    assert ask(witness, "select to_regproc('staging.twice')") is None


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


CLEANUP = """
def main(pgw):
    pgw.execute("alter table staging.hub add column if not exists short text")
    pgw.execute("update staging.hub set short = left(name, 2)")
"""
CLEANUP_FILES = {
    **tables(
        hub=(HUB[0].replace("unique)", "unique, short text)"), HUB[1]),
    ),
    "populate_tables/demo/staging-hub-cleanup.py": CLEANUP,
    "staging.yaml": "cleanups: {hub: short}\n",
}


def test_a_cleanup_runs_in_the_schema_that_is_built(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    results = build_all(database, load(tmp_path, CLEANUP_FILES), schema="staging_dev")
    assert results["hub_cleanup"].status == "built"
    assert ask(witness, "select count(*) from staging_dev.hub where short = 'n1'") == 12


def test_a_cleanup_that_fails_leaves_nothing_of_itself(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **CLEANUP_FILES,
        "populate_tables/demo/staging-hub-cleanup.py": CLEANUP + "    pgw.execute('select 1/0')\n",
    }
    result = build(database, load(tmp_path, files))["hub_cleanup"]
    assert result.status == "failed"
    assert "staging-hub-cleanup.py:5" in (result.message or "")
    assert ask(witness, "select count(short) from staging.hub") == 0


def test_a_cleanup_that_fails_its_check_leaves_nothing_of_itself(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **CLEANUP_FILES,
        "populate_tables/demo/staging-hub-cleanup.py": CLEANUP.replace("left(name, 2)", "null")
        + "    pgw.execute(\"update staging.hub set name = 'changed ' || id\")\n",
    }
    target = Check("short_has_values", "has_values", "hub_cleanup", {"column": "short"})
    target = Check(**{**target.__dict__, "relation": "hub"})
    result = build(database, load(tmp_path, files), targets={"hub_cleanup": [target]})[
        "hub_cleanup"
    ]
    assert result.status == "failed"
    assert [check.passed for check in result.checks] == [False]
    assert ask(witness, "select count(*) from staging.hub where name like 'changed%%'") == 0


NOT_EMPTY = Check("table_not_empty", "table_not_empty", "hub")


def test_a_table_that_fails_its_check_does_not_replace_a_good_one(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path, tables(hub=HUB)))
    empty = (HUB[0], "insert into staging.hub (name) select 'x' where false;")
    result = build(database, load(tmp_path, tables(hub=empty)), targets={"hub": [NOT_EMPTY]})["hub"]
    assert result.status == "failed"
    assert [(check.name, check.passed) for check in result.checks] == [("table_not_empty", False)]
    assert "table_not_empty" in (result.message or "")
    assert ask(witness, "select count(*) from staging.hub") == 100
    assert leftovers(witness) == []


def test_a_failed_check_that_does_not_block_is_reported_and_the_table_published(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    empty = (HUB[0], "insert into staging.hub (name) select 'x' where false;")
    target = Check("table_not_empty", "table_not_empty", "hub", blocking=False)
    result = build_all(database, load(tmp_path, tables(hub=empty)), targets={"hub": [target]})[
        "hub"
    ]
    assert [check.passed for check in result.checks] == [False]
    assert ask(witness, "select count(*) from staging.hub") == 0


def test_the_schemas_own_check_is_reported(database: Server, tmp_path: Path) -> None:
    target = Check("schema_exists", "schema_exists", "schema")
    results = build_all(database, load(tmp_path, tables(hub=HUB)), targets={"schema": [target]})
    assert [check.passed for check in results["schema"].checks] == [True]


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


def test_rebuilding_with_drop_cascade_keeps_views_and_tables_that_hang_on_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(hub=HUB, events=EVENTS))
    build_all(database, project)
    ask(witness, "create view public.names as select name from staging.hub")
    build_all(database, project, ["hub"])
    assert ask(witness, "select count(*) from public.names") == 100
    assert ask(witness, "select count(*) from staging.events") == 1000
    assert (
        ask(
            witness,
            "select count(*) from pg_constraint where conname = 'events_hub_id_fkey'"
            " and confrelid = 'staging.hub'::regclass and convalidated",
        )
        == 1
    )


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


def test_missing_builds_only_what_is_empty(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, {**tables(hub=HUB, events=EVENTS), **LOOKUP})
    build_all(database, project)
    ask(witness, "truncate staging.events; update staging.hub set name = 'kept' where id = 1")
    results = build_all(database, project, rebuild=Rebuild.MISSING)
    assert statuses(results) == {"hub": "unchanged", "events": "built", "lookup_colours": "built"}
    assert ask(witness, "select name from staging.hub where id = 1") == "kept"
    assert ask(witness, "select count(*) from staging.events") == 1000


def test_missing_skips_a_cleanup_that_has_run(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, CLEANUP_FILES)
    build_all(database, project)
    results = build_all(database, project, rebuild=Rebuild.MISSING)
    assert statuses(results) == {"hub": "unchanged", "hub_cleanup": "unchanged"}
    ask(witness, "update staging.hub set short = null")
    results = build_all(database, project, rebuild=Rebuild.MISSING)
    assert statuses(results) == {"hub": "unchanged", "hub_cleanup": "built"}


def test_changed_builds_only_what_a_change_reaches(database: Server, tmp_path: Path) -> None:
    files = {
        **tables(hub=HUB, events=EVENTS, other=("create table staging.other (a int);", None)),
        **LOOKUP,
        "create_stored_procedures/twice.sql": f"{PROCEDURE} language sql;",
    }
    build_all(database, load(tmp_path, files))
    again = build_all(database, load(tmp_path, files), rebuild=Rebuild.CHANGED)
    assert set(statuses(again).values()) == {"unchanged"}
    files["populate_tables/demo/POPULATE-staging-hub.sql"] += "-- changed\n"
    changed = build_all(database, load(tmp_path, files), rebuild=Rebuild.CHANGED)
    assert {node for node, status in statuses(changed).items() if status == "built"} == {
        "hub",
        "events",
    }


def test_changed_builds_a_table_that_is_gone_and_what_stands_below_it(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(hub=HUB, events=EVENTS))
    build_all(database, project)
    ask(witness, "drop table staging.hub cascade")
    assert statuses(build_all(database, project, rebuild=Rebuild.CHANGED)) == {
        "hub": "built",
        "events": "built",
    }


def test_changed_makes_again_what_was_dropped_by_hand(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    files = {
        **CLEANUP_FILES,
        **LOOKUP,
        "create_stored_procedures/twice.sql": f"{PROCEDURE} language sql;",
    }
    project = load(tmp_path, files)
    build_all(database, project)
    assert set(statuses(build_all(database, project, rebuild=Rebuild.CHANGED)).values()) == {
        "unchanged"
    }
    ask(witness, "drop schema staging cascade")
    results = build_all(database, project, rebuild=Rebuild.CHANGED)
    assert set(statuses(results).values()) == {"built"}
    assert ask(witness, "select staging.twice(4)") == 8
    assert ask(witness, "select count(short) from staging.hub") == 100


def test_changed_builds_below_what_another_run_has_built(database: Server, tmp_path: Path) -> None:
    project = load(tmp_path, tables(hub=HUB, events=EVENTS))
    build_all(database, project)
    build_all(database, project, ["hub"])
    results = build_all(database, project, rebuild=Rebuild.CHANGED)
    assert statuses(results) == {"hub": "unchanged", "events": "built"}


def test_changed_trusts_a_table_that_a_failed_rebuild_left_as_it_was(
    database: Server, tmp_path: Path
) -> None:
    good = tables(hub=HUB)
    build_all(database, load(tmp_path, good))
    build(database, load(tmp_path, tables(hub=(HUB[0], "select 1/0;"))))
    results = build_all(database, load(tmp_path, good), rebuild=Rebuild.CHANGED)
    assert statuses(results) == {"hub": "unchanged"}


def test_create_only_makes_missing_tables_and_leaves_them_empty(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, {**tables(hub=HUB, events=EVENTS), **LOOKUP})
    build_all(database, load(tmp_path, tables(hub=HUB)), ["schema", "hub"])
    results = build_all(database, project, create_only=True)
    assert statuses(results) == {"hub": "unchanged", "events": "built", "lookup_colours": "built"}
    assert ask(witness, "select count(*) from staging.hub") == 100
    assert ask(witness, "select count(*) from staging.events") == 0
    assert (
        ask(
            witness,
            "select count(*) from pg_constraint where conname = 'events_hub_id_fkey'"
            " and confrelid = 'staging.hub'::regclass and convalidated",
        )
        == 1
    )
    filled = build_all(database, project, rebuild=Rebuild.CHANGED)
    assert set(statuses(filled).values()) == {"built", "unchanged"}
    assert ask(witness, "select count(*) from staging.events") == 1000


def test_one_table_alone_is_built_where_the_schema_is_missing(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    results = build_all(database, load(tmp_path, tables(hub=HUB)), ["hub"])
    assert list(results) == ["hub"]
    assert ask(witness, "select count(*) from staging.hub") == 100


@pytest.mark.parametrize("rows", [10, 30_000])
def test_a_table_is_analyzed(
    database: Server, witness: Connection, tmp_path: Path, rows: int
) -> None:
    populate = f"insert into staging.hub (name) select g::text from generate_series(1, {rows}) g;"
    build_all(database, load(tmp_path, tables(hub=(HUB[0], populate))))
    assert (
        ask(witness, "select reltuples from pg_class where oid = 'staging.hub'::regclass") == rows
    )
