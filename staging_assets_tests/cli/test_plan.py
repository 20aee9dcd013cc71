"""`staging-assets plan` and `prune`: what they print, what they do, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from staging_assets.cli import app as cli
from staging_assets.postgres.client.server import Server
from staging_assets_tests.support.builds import Rebuild, build
from staging_assets_tests.support.changes import CREATE_HUB, SOURCES, Place

COUNTS = (
    "create_tables/CREATE-staging-counts.sql",
    "populate_tables/demo/POPULATE-staging-counts.sql",
)


@pytest.fixture
def place(database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(database, tmp_path / "folder")
    place.ask(SOURCES)
    place.build()
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    monkeypatch.setenv("STAGING_SQL_DIR", str(place.folder / "sql"))
    monkeypatch.setenv("STAGING_DEPARTMENT", "demo")
    return place


def test_a_plan_says_what_is_built_why_and_what_it_touches(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan"]) == 0
    assert capsys.readouterr().out == "nothing to build; 9 as they are\n"
    place.change(CREATE_HUB, "name text", "name varchar(40), more int default 1")
    place.ask(
        "create schema reports; create view reports.v as select id from staging.hub;"
        "create role reader_of_plans; grant select on staging.hub to reader_of_plans;"
        "insert into etl.events values (1000, 1, 'secret')"
    )
    project = place.project
    try:
        assert cli.main(["plan"]) == 2
        out = capsys.readouterr().out
        assert cli.main(["plan", "--json"]) == 2
        told = json.loads(capsys.readouterr().out)
    finally:
        place.ask("drop owned by reader_of_plans; drop role reader_of_plans")
    lines = out.splitlines()
    assert lines[0].startswith("3 to build; 6 as they are; ")
    assert lines[0].endswith("s)")
    assert "  staging/hub     its CREATE script changed" in lines
    assert "  staging/events  etl.events has rows 1 inserted; hub is built again" in lines
    assert "  staging/counts  events is built again" in lines
    for line in (
        "  column name changes its type: text to character varying(40)",
        "  column more is added: integer",
        "  carried over: view reports.v",
        "  carried over: foreign key events_hub_id_fkey of staging.events",
        "  carried over: grant select to reader_of_plans",
    ):
        assert line in lines
    assert "secret" not in out
    assert {each["asset"] for each in told["build"]} == {
        "staging/hub",
        "staging/events",
        "staging/counts",
    }
    assert told["build"][0]["why"] == [{"kind": "script", "text": "its CREATE script changed"}]
    assert told["build"][0]["rows"] == 20
    assert "column more is added: integer" in told["touched"]["staging/hub"]
    assert len(told["left"]) == 6
    built = build(place.server, project, rebuild=Rebuild.CHANGED)
    assert {n for n, r in built.items() if r.status == "built"} == {"hub", "events", "counts"}


def test_a_part_of_the_plan_and_all_of_it(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.ask("insert into etl.people values (1000, 'x', 1); insert into etl.other values (7)")
    assert cli.main(["plan", "apart*"]) == 2
    out = capsys.readouterr().out
    assert out.startswith("2 to build; ")
    assert "staging/apart_cleanup" in out
    assert "staging/hub" not in out
    assert cli.main(["plan", "--rebuild", "all"]) == 2
    assert capsys.readouterr().out.startswith("9 to build; ")
    assert cli.main(["plan", "nosuch"]) == 1
    assert "the scripts make nothing of that name" in capsys.readouterr().err


def test_a_plan_of_an_empty_database_changes_nothing(
    database: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = Place(database, tmp_path / "folder")
    assert place.project
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    monkeypatch.setenv("STAGING_SQL_DIR", str(place.folder / "sql"))
    monkeypatch.setenv("STAGING_DEPARTMENT", "demo")
    assert cli.main(["plan"]) == 2
    assert capsys.readouterr().out == "9 to build\n  never built: all of them\n"
    assert place.ask("select count(*) from pg_namespace where nspname like 'staging%'") == 0


def test_tables_without_a_script_are_named_and_pruned_when_asked(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in COUNTS:
        place.files.pop(path)
    place.ask(
        "create table staging.by_hand (a int); create view public.v as select * from staging.counts"
    )
    assert place.project
    assert cli.main(["plan"]) == 0
    assert "made by no script any more, and left alone: staging/counts" in capsys.readouterr().out
    assert cli.main(["check", "--select", "schema"]) == 0
    assert "warning: made by no script any more: counts" in capsys.readouterr().out
    assert cli.main(["prune", "--yes"]) == 1
    said = capsys.readouterr()
    assert "table staging.counts: about 20 rows" in said.out
    assert "    on it hangs view public.v" in said.out
    assert "--cascade" in said.err
    place.ask("drop view public.v")
    assert cli.main(["prune"]) == 2  # nobody answers here
    assert "say --yes" in capsys.readouterr().out
    assert place.ask("select to_regclass('staging.counts') is not null")
    assert cli.main(["prune", "--yes"]) == 0
    assert capsys.readouterr().out.endswith("dropped: counts\n")
    assert place.ask("select to_regclass('staging.counts') is null")
    assert place.ask("select to_regclass('staging.by_hand') is not null")
    assert cli.main(["prune", "--yes"]) == 0
    assert "a script makes every table that was built here" in capsys.readouterr().out
    assert place.build() == set()


def test_prune_takes_along_what_hangs_there_only_when_told(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in COUNTS:
        place.files.pop(path)
    place.ask("create view public.v as select * from staging.counts")
    assert place.project
    assert cli.main(["prune", "--yes", "--cascade"]) == 0
    assert place.ask("select to_regclass('public.v') is null")
