"""What is built again, what is left alone, and what a second build spares."""

from __future__ import annotations

from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import Check
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import (
    Rebuild,
    ask,
    build,
    build_all,
    leftovers,
    load,
    statuses,
    tables,
)
from staging_assets_tests.support.small_tables import CLEANUP_FILES, EVENTS, HUB, LOOKUP, PROCEDURE

NOT_EMPTY = Check("table_not_empty", "table_not_empty", "hub")


def test_building_twice_gives_the_same(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    project = load(tmp_path, tables(hub=HUB, events=EVENTS))
    for _ in range(3):
        build_all(database, project)
        assert ask(witness, "select count(*) from staging.events") == 1000
        assert ask(witness, "select max(id) from staging.hub") == 100
    assert leftovers(witness) == []


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
    assert "view public.v" in (result.message or "")
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


def test_a_table_that_fails_its_check_does_not_replace_a_good_one(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    build_all(database, load(tmp_path, tables(hub=HUB)))
    empty = (HUB[0], "insert into staging.hub (name) select 'x' where false;")
    result = build(database, load(tmp_path, tables(hub=empty)), checks={"hub": [NOT_EMPTY]})["hub"]
    assert result.status == "failed"
    assert [(check.name, check.passed) for check in result.checks] == [("table_not_empty", False)]
    assert "table_not_empty" in (result.message or "")
    assert ask(witness, "select count(*) from staging.hub") == 100
    assert leftovers(witness) == []


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
    files["populate_tables/demo/POPULATE-staging-hub.sql"] += "select 1;\n"
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
