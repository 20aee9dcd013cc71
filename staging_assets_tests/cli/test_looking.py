"""`staging-assets ls` and `show`: what the folder makes, and what is known of it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from staging_assets.builder import BuildOptions
from staging_assets.checks import KINDS
from staging_assets.cli import app as cli
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets.scheduler import run_build
from staging_assets_tests.support.folders import make_project

FILES = {
    "create_tables/CREATE-staging-dogs.sql": "create table staging.dogs (dog_id int primary key,"
    " name text); comment on table staging.dogs is 'Dogs,\nall of them';",
    "populate_tables/demo/POPULATE-staging-dogs.sql": "insert into staging.dogs"
    " select id, name from etl.pets;",
    "create_tables/CREATE-staging-walks.sql": "create table staging.walks (walk_id int,"
    " dog_id int references staging.dogs);",
    "populate_tables/demo/POPULATE-staging-walks.sql": "insert into staging.walks"
    " select 1, dog_id from staging.dogs;",
    "populate_tables/demo/staging-walks-cleanup.py": "def main(pgw):\n    pass\n",
    "create_tables/CREATE-staging-lookup_kinds.sql": "create table staging.lookup_kinds"
    " (code int, value text);",
    "populate_tables/lookup/lookup_tables.yaml": "lookup_kinds:\n  columns: [code, value]\n"
    "  rows: [[1, good]]\n",
    "create_stored_procedures/names.sql": "create function staging.f() returns int language sql"
    " as 'select 1';",
    "staging.yaml": "owners: {dogs: [team:pets]}\nchecks: {dogs: [min_rows: 1]}\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_project(tmp_path / "sql", FILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAGING_HOME", str(tmp_path / "home"))
    return folder


def test_ls_lists_assets_in_build_order_with_their_scripts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["ls"]) == 0
    lines = [line.split(None, 2) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["staging/schema", "schema"]
    listed = {line[0]: line[1:] for line in lines[1:]}
    assert listed["staging/dogs"] == [
        "tables",
        "sql/create_tables/CREATE-staging-dogs.sql, "
        "sql/populate_tables/demo/POPULATE-staging-dogs.sql",
    ]
    assert listed["staging/walks_cleanup"][0] == "cleanups"
    assert listed["staging/stored_procedures/names"][0] == "stored_procedures"
    assert "lookup_tables.yaml" in listed["staging/lookup_kinds"][1]
    assert list(listed).index("staging/dogs") < list(listed).index("staging/walks")


def test_ls_takes_patterns_and_options_and_gives_json(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["ls", "--json", "--schema", "tiny", "wal*", "tiny/staging/dogs"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["asset"] for row in found] == [
        "tiny/staging/dogs",
        "tiny/staging/walks",
        "tiny/staging/walks_cleanup",
    ]
    assert found[0]["sources"] == ["etl.pets"]
    assert "tiny/staging/dogs" in found[1]["upstream"]


def test_a_name_of_nothing_is_told_with_the_nearest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("ls", "show"):
        assert cli.main([command, "dgos"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("dgos: the scripts make nothing of that name. Did you mean dogs")
    assert cli.main(["show", "walks*"]) == 1
    assert "these are 2. Name one: walks, walks_cleanup." in capsys.readouterr().err


def test_show_says_what_the_scripts_say_without_starting_a_server(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["show", "dogs"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("staging/dogs  (tables)\nDogs, all of them\n\nowners:\n  team:pets\n")
    assert "\nupstream:\n  staging/schema\n  etl.pets\n" in shown
    assert "\ndownstream:\n  staging/walks\n" in shown
    assert "\nchecks:\n  table_not_empty\n  min_rows\n" in shown
    assert "\n  name    text  from etl.pets.name\n" in shown
    assert shown.endswith("last build:\n  none known: the embedded server does not run\n")
    assert not (tmp_path / "home").exists()


def test_show_knows_the_last_build(
    database: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    assert cli.main(["show", "lookup_kinds", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["last build"] is None
    project = load_project(folder, "demo", KINDS)
    options = BuildOptions(schema="staging", run_id="the-run")
    nodes = ["schema", "lookup_kinds"]
    list(run_build(database, project, nodes, options, {}, lambda *_: None, threading.Event()))
    assert cli.main(["show", "lookup_kinds", "--json"]) == 0
    build = json.loads(capsys.readouterr().out)["last build"]
    assert (build["rows"], build["run"]) == (1, "the-run")
    assert cli.main(["show", "lookup_kinds"]) == 0
    assert " UTC: 1 row, " in capsys.readouterr().out


def test_a_script_that_gives_way_to_another_is_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = make_project(
        folder.parent / "own", {"CREATE-staging-dogs.sql": "create table staging.dogs();"}
    )
    monkeypatch.setenv("STAGING_CREATE_DIR", f"{own}:{folder / 'create_tables'}")
    assert cli.main(["ls", "dogs"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown == (
        "staging/dogs tables own/CREATE-staging-dogs.sql, sql/populate_tables/demo/"
        "POPULATE-staging-dogs.sql (instead of sql/create_tables/CREATE-staging-dogs.sql)"
    )
    assert cli.main(["show", "dogs"]) == 0
    assert "\ngiven way:\n  sql/create_tables/CREATE-staging-dogs.sql\n" in capsys.readouterr().out


def test_the_options_win_over_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_project(
        tmp_path / "mine",
        {
            "create_tables/CREATE-mart-cats.sql": "create table mart.cats (id int);",
            "populate_tables/south/POPULATE-mart-cats.sql": "insert into mart.cats table etl.c;",
        },
    )
    monkeypatch.chdir(tmp_path)
    for name in ("SQL_DIR", "DEPARTMENT", "SCHEMA", "SCHEMA_IN_FILES", "ETL_SCHEMA"):
        monkeypatch.setenv(f"STAGING_{name}", "nowhere")
    options = ["--sql-dir=mine", "--department=south", "--schema=dev", "--schema-in-files=mart"]
    assert cli.main(["ls", *options, "--etl-schema=src", "cats"]) == 0
    assert capsys.readouterr().out.split()[0] == "dev/staging/cats"
