"""`staging-assets doctor`: it finds what will not work, and says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn

from staging_assets.cli import app as cli
from staging_assets.postgres import Server
from staging_assets_tests.cli.test_looking import FILES
from staging_assets_tests.support.builds import ask
from staging_assets_tests.support.folders import make_project

Found = dict[str, list[tuple[str, str]]]


@pytest.fixture
def here(tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_project(tmp_path / "sql", FILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAGING_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    return tmp_path


def examine(capsys: pytest.CaptureFixture[str], code: int, *options: str) -> Found:
    assert cli.main(["doctor", "--json", *options]) == code
    found: Found = {}
    for each in json.loads(capsys.readouterr().out):
        found.setdefault(each["subject"], []).append((each["state"], each["text"]))
    return found


def test_all_is_well_where_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = examine(capsys, 0)
    assert found["scripts"][0] == (
        "ok",
        f"{here}/sql, department demo: 3 tables, 1 scripts of procedures, 1 cleanups",
    )
    assert found["server"][0][1].startswith("PostgreSQL ")
    assert found["schema"] == [("ok", "staging is not there yet: the build makes it")]
    assert not any(state == "fail" for each in found.values() for state, _ in each)
    assert cli.main(["doctor"]) == 0
    assert "\nok    scripts       " in capsys.readouterr().out


def test_a_server_that_does_not_answer_and_scripts_that_are_wrong(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGING_DATABASE_URL", "postgresql://me:geheim@127.0.0.1:1/nothing")
    (here / "sql" / "create_tables" / "CREATE-staging-cats.sql").write_text("create table (")
    assert cli.main(["doctor"]) == 2
    shown = capsys.readouterr().out
    assert "fail  scripts       " in shown
    assert "fail  server        " in shown
    assert "geheim" not in shown
    assert shown.splitlines()[-1].startswith("2 will not work, ")


def test_rights_that_are_missing(
    here: Path,
    database: Server,
    witness: Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    role = f"doctor_{database.database}"
    ask(witness, f'create role "{role}" login password $$x$$')
    try:
        ask(witness, "create schema staging; create schema etl; create table etl.pets (id int)")
        dsn = make_dsn(database.dsn, user=role, password="x")
        monkeypatch.setenv("STAGING_DATABASE_URL", dsn)
        found = examine(capsys, 2)
        assert found["rights"][0][0] == "fail"
        assert f"grant create on database {database.database} to {role};" in found["rights"][0][1]
        assert found["schema"][0][0] == "fail"
        assert "may not be read" in str(found.get("etl", "may not be read"))
    finally:
        ask(witness, f'drop role "{role}"')


def test_extensions_leftovers_and_odd_folders(
    here: Path,
    witness: Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (here / "sql" / "create_stored_procedures" / "more.sql").write_text(
        "create extension if not exists no_such_thing; create extension if not exists plpgsql;"
    )
    ask(witness, "create schema staging; create schema staging__build; create schema staging__old")
    ask(witness, "create table staging__build.dogs (); create table staging__old.walks ()")
    (here / "staging").mkdir()
    monkeypatch.setenv("SHELL", "/usr/bin/zsh")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    found = examine(capsys, 2)
    assert [state for state, _ in found["extension"]] == ["fail", "ok"]
    assert found["leftovers"][0] == (
        "warn",
        "2 tables of a run that was killed: the next run clears them away",
    )
    assert [state for state, _ in found["shell"]] == ["ok", "warn"]
    assert found["bytecode"][0][0] == "warn"


def test_a_luigi_configuration_that_nobody_reads(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "luigi.cfg").write_text("[postgres]\nhost=elsewhere\n")
    assert "database" not in examine(capsys, 0)
    monkeypatch.setenv("STAGING_SCHEMA", "pg_mine")
    found = examine(capsys, 2)
    assert found["settings"][0][1].startswith("STAGING_SCHEMA: 'pg_mine'")
