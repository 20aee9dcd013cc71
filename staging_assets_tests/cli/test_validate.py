"""`staging-assets validate`: what it prints, where a server is asked, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import make_dsn

from staging_assets.cli import app as cli
from staging_assets.defs import build_definitions
from staging_assets.errors import ProjectError
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.settings import StagingSchema
from staging_assets_tests.support.builds import ask, tables
from staging_assets_tests.support.folders import make_project

GOOD = tables(
    dogs=("create table staging.dogs (id int);", "insert into staging.dogs select id from etl.l;")
)
BAD = {
    **tables(x="create table x (a int);", y="select 'open;"),
    "populate_tables/demo/POPULATE-staging-z.sql": "vacuum;",
    "staging.yaml": "chekcs: {}\n",
}


@pytest.fixture
def validate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.setenv("STAGING_SQL_DIR", str(tmp_path / "sql"))
    monkeypatch.setenv("STAGING_DEPARTMENT", "demo")
    monkeypatch.setenv("STAGING_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")

    def run(files: Mapping[str, str], *options: str) -> tuple[int, str]:
        make_project(tmp_path / "sql", {"create_tables/.keep": "", **files})
        code = cli.main(["validate", *options])
        captured = capsys.readouterr()
        return code, captured.out or captured.err

    return run


def test_what_loading_finds_is_told_and_no_server_is_asked(validate: Any, tmp_path: Path) -> None:
    code, out = validate(GOOD)
    assert code == 0
    told = "department demo: all is well: 1 table, 0 scripts of procedures, 0 cleanups\n"
    assert out == f"{tmp_path / 'sql'}, {told}"
    code, out = validate(BAD)
    with pytest.raises(ProjectError) as caught:
        load_project(tmp_path / "sql", "demo")
    problems = [str(problem) for problem in caught.value.problems]
    assert len(problems) >= 4
    assert out.splitlines() == [*problems, f"{tmp_path / 'sql'}: {len(problems)} problems"]
    assert code == 3
    code, out = validate(BAD, "--database")
    assert code == 3
    assert out.endswith("problems; the server was not asked\n")


def test_json_has_places_and_nothing_else(validate: Any) -> None:
    code, out = validate(GOOD, "--json")
    good = {"valid": True, "database": False, "problems": [], "warnings": []}
    assert (code, json.loads(out)) == (0, good)
    code, out = validate(BAD, "--json")
    told = json.loads(out)
    assert (code, told["valid"]) == (3, False)
    assert [set(each) for each in told["problems"]] == [
        {"path", "line", "column", "what", "todo"}
    ] * len(told["problems"])


def test_a_server_that_does_not_answer_is_told(validate: Any) -> None:
    code, out = validate(GOOD, "--database")
    assert code == 1
    assert "127.0.0.1" in out


def test_the_server_reads_every_script(
    validate: Any, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    code, out = validate(GOOD, "--database")
    assert code == 0
    assert out.startswith("warning: schema etl: there is nothing in it")
    assert "department demo: no problem, 1 warning, by " in out
    with closing(database.connect("etl", autocommit=True)) as connection:
        ask(connection, "create schema etl; create table etl.licences (ids int)")
    code, out = validate(GOOD, "--database", "--json")
    told = json.loads(out)
    assert (code, told["valid"], told["database"]) == (2, False, True)
    (problem,) = told["problems"]
    assert problem["path"].endswith("POPULATE-staging-dogs.sql")
    assert (problem["line"], problem["column"]) == (1, 41)
    assert problem["what"] == 'relation "etl.l" does not exist'


def test_a_role_that_may_make_nothing_is_told_what_it_lacks(
    validate: Any, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(database.connect("role", autocommit=True)) as connection:
        ask(connection, "create role only_reads login")
        try:
            monkeypatch.setenv("STAGING_DATABASE_URL", make_dsn(database.dsn, user="only_reads"))
            code, out = validate(GOOD, "--database")
        finally:
            ask(connection, "drop role only_reads")
    assert code == 1
    assert "permission denied for database" in out
    assert "the role needs CREATE on the database." in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            tables(x="create extension if not exists postgis;\ncreate table staging.x ();"),
            "CREATE-staging-x.sql:1:1: the extension postgis is not to be had on",
        ),
        (
            tables(x="create table staging.x (\n  place geometry(Point)\n);"),
            "CREATE-staging-x.sql:2:9: the extension postgis, which brings geometry, is not",
        ),
        (
            tables(
                x=(
                    "create table staging.x (id uuid);",
                    "insert into staging.x\nselect uuid_generate_v4();",
                )
            ),
            "POPULATE-staging-x.sql:2:8: the extension uuid-ossp, which brings uuid_generate_v4, is"
            " not to be had on the embedded server. Use gen_random_uuid(), which needs no"
            " extension, or name a server that has it: STAGING_DATABASE_URL.",
        ),
        (tables(x="create extension hstore;\ncreate table staging.x (h hstore);"), ""),
        (
            {
                **tables(
                    x=(
                        "create table staging.x (d text);",
                        "insert into staging.x select staging.digest('a');",
                    )
                ),
                "create_stored_procedures/f.sql": "create function staging.digest(t text) returns"
                " text language sql as 'select t';",
            },
            "",
        ),
    ],
)
def test_extensions_that_the_embedded_server_lacks_are_named_without_asking_it(
    files: dict[str, str],
    told: str,
    validate: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("STAGING_DATABASE_URL")
    code, out = validate(files)
    assert code == 0
    warnings = [line for line in out.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == bool(told)
    assert told in "".join(warnings)
    # And so they are when the definitions are loaded.
    build_definitions(StagingSchema(sql_dir=tmp_path / "sql"))
    assert told in caplog.text
    assert bool(caplog.records) == bool(told)
