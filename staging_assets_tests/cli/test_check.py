"""`staging-assets check`: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import KINDS
from staging_assets.cli import app as cli
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.scheduler.run import BuildOptions, run_build
from staging_assets_tests.support.databases import fresh_database
from staging_assets_tests.support.folders import make_project

FILES = {
    "create_tables/CREATE-staging-officers.sql": "create table staging.officers"
    " (officer_id int primary key, name text);",
    "populate_tables/demo/POPULATE-staging-officers.sql": "insert into staging.officers"
    " select i, 'name ' || i from generate_series(1, 20) as i;",
    "create_tables/CREATE-staging-arrests.sql": "create table staging.arrests (event_id int"
    " primary key, officer_id int references staging.officers (officer_id), note text);",
    "populate_tables/demo/POPULATE-staging-arrests.sql": "insert into staging.arrests"
    " select i, i, 'note' from generate_series(1, 20) as i;",
    "create_tables/CREATE-staging-notes.sql": "create table staging.notes (text text);",
    "staging.yaml": """
checks:
  arrests:
    - min_rows: 10
    - {unique: officer_id, severity: warn}
    - {not_null: note, blocking: false}
  officers: [unique: officer_id]
""",
}


@pytest.fixture(scope="module")
def built(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Path]]:
    folder = make_project(tmp_path_factory.mktemp("cli") / "sql", FILES)
    with fresh_database(server) as database:
        project = load_project(folder, "demo", KINDS)
        options = BuildOptions(schema="staging", run_id="test")
        results = list(
            run_build(
                database, project, project.nodes, options, {}, lambda *_: None, threading.Event()
            )
        )
        assert {result.status for result in results} == {"built"}
        yield database, folder


@pytest.fixture
def here(built: tuple[Server, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """The environment names the built schema; damage is mended afterwards."""
    database, folder = built
    monkeypatch.setenv("STAGING_DATABASE_URL", database.dsn)
    monkeypatch.setenv("STAGING_SQL_DIR", str(folder))
    with closing(database.connect("witness", autocommit=True)) as connection:
        yield connection
        run(
            connection,
            "truncate staging.arrests, staging.officers;"
            "alter table staging.arrests alter column officer_id type int;"
            f"{FILES['populate_tables/demo/POPULATE-staging-officers.sql']}"
            f"{FILES['populate_tables/demo/POPULATE-staging-arrests.sql']}",
        )


def run(connection: Connection, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def test_a_good_schema_ends_with_0_and_a_line_a_check(
    here: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split(None, 3) == ["ok", "schema", "schema_exists", "the schema exists"]
    assert "ok     arrests   min_rows                20 rows; at least 10 wanted" in out
    assert out[-1].startswith('10 checks of schema "staging": 10 hold (')
    assert len(out) == 11


def test_options_win_over_the_environment(
    here: Connection,
    built: tuple[Server, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("STAGING_SQL_DIR", "STAGING_DEPARTMENT", "STAGING_SCHEMA"):
        monkeypatch.setenv(name, "elsewhere")
    options = ["--sql-dir", str(built[1]), "--department", "demo", "--schema", "staging"]
    assert cli.main(["check", *options]) == 0
    assert 'checks of schema "staging"' in capsys.readouterr().out
    assert cli.main(["check", *options[:-1], "pg_mine"]) == 1
    assert "STAGING_SCHEMA: 'pg_mine' belongs to Postgres" in capsys.readouterr().err


def test_a_failed_check_ends_with_2_and_shows_keys(
    here: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    run(here, "delete from staging.arrests where event_id > 5")
    assert cli.main(["check"]) == 2
    out = capsys.readouterr().out
    assert "FAIL   arrests   min_rows" in out
    assert "5 rows; at least 10 wanted" in out
    assert "9 hold, 1 failed (" in out


def test_a_check_that_does_not_block_fails_as_well(
    here: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    run(here, "update staging.arrests set note = null where event_id in (3, 8)")
    assert cli.main(["check", "--failed"]) == 2
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["FAIL", "arrests", "note_not_null", "2", "rows", "without", "note"]
    assert out[1] == "       failing: event_id=3; event_id=8"
    assert len(out) == 3


def test_warnings_alone_end_with_0(here: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "update staging.arrests set officer_id = 1 where event_id < 4")
    assert cli.main(["check", "--failed"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("WARN ")
    assert "9 hold, 1 warning (" in out


def test_every_deviation_has_a_line(here: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "alter table staging.arrests alter column officer_id type bigint")
    assert cli.main(["check", "--failed", "--select", "schema"]) == 2
    out = capsys.readouterr().out.splitlines()
    assert out[1] == "       arrests.officer_id: type is bigint, the script says integer"


@pytest.mark.parametrize(
    ("select", "count"),
    [
        (["arrests"], 4),
        (["arrests:min_rows"], 1),
        (["*:*_not_empty"], 2),
        (["arrests,officers"], 6),
        (["staging/notes", "--select", "schema:schema_exists"], 2),
    ],
)
def test_some_can_be_selected(
    here: Connection, capsys: pytest.CaptureFixture[str], select: list[str], count: int
) -> None:
    assert cli.main(["check", "--select", *select]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{count} check")


def test_a_selection_of_nothing_could_not_be_run(
    here: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--select", "arests"]) == 1
    assert capsys.readouterr().err.startswith("--select arests: no check is selected by it.")


def test_a_schema_that_is_not_there_is_said_in_one_line(
    here: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--schema", "staging_dev"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith('schema "staging_dev" in ')
    assert "it does not exist. Build it first: " in said.err
    assert said.err.count("\n") == 1


def test_a_server_that_does_not_answer_could_not_be_run(
    here: Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGING_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/nowhere")
    assert cli.main(["check"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "s3cret" not in said


def test_a_wrong_folder_ends_with_3_and_every_problem(
    here: Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    wrong = {**FILES, "staging.yaml": "checks:\n  arests: [min_rows: 1]\n  notes: [min_row: 1]\n"}
    monkeypatch.setenv("STAGING_SQL_DIR", str(make_project(tmp_path / "sql", wrong)))
    assert cli.main(["check"]) == 3
    said = capsys.readouterr().err
    assert "staging.yaml:2:3: there is no table 'arests'" in said
    assert "staging.yaml:3:11: 'min_row' is no kind of check" in said


def test_json_goes_to_stdout_alone(here: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    run(here, "delete from staging.arrests where event_id > 5")
    assert cli.main(["check", "--json"]) == 2
    said = capsys.readouterr()
    checks = {(each["asset"], each["check"]): each for each in json.loads(said.out)}
    assert len(checks) == 10
    failed = checks["staging/arrests", "min_rows"]
    assert (failed["passed"], failed["severity"], failed["blocking"]) == (False, "ERROR", True)
    assert failed["metadata"]["rows"] == 5
    assert failed["metadata"]["threshold"] == 10
    assert "10 checks of schema" in said.err


def test_junit_is_written_whether_checks_hold_or_not(here: Connection, tmp_path: Path) -> None:
    path = tmp_path / "reports" / "checks.xml"
    assert cli.main(["check", "--junit", str(path)]) == 0
    assert ElementTree.parse(path).getroot().get("failures") == "0"
    run(here, "delete from staging.arrests where event_id > 5")
    assert cli.main(["check", "--junit", str(path)]) == 2
    assert ElementTree.parse(path).getroot().get("failures") == "1"


def test_a_junit_file_that_cannot_be_written_is_said(
    here: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["check", "--junit", str(tmp_path / "file" / "checks.xml")]) == 1
    assert capsys.readouterr().err.startswith("--junit ")


def test_the_command_does_without_dagster_and_is_quick(here: Connection) -> None:
    code = (
        "import sys; from staging_assets.cli.app import main; code = main(['check']);"
        "assert 'dagster' not in sys.modules, 'dagster was imported'; sys.exit(code)"
    )
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 10


def test_a_reader_that_has_seen_enough_gets_no_traceback(here: Connection) -> None:
    arguments = [sys.executable, "-m", "staging_assets.cli", "check"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, "")


def test_nothing_is_changed_by_a_check(here: Connection, built: tuple[Server, Path]) -> None:
    query = (
        "select string_agg(relname || relfilenode || relnamespace, ',' order by oid) from pg_class"
    )
    with here.cursor() as cursor:
        cursor.execute(query)
        before = cursor.fetchall()
        assert cli.main(["check"]) == 0
        cursor.execute(query)
        assert cursor.fetchall() == before
