"""`staging-assets build` and `dev`: Dagster's commands, typed for people."""

from __future__ import annotations

import shlex
import socket
import subprocess
from pathlib import Path

import dagster as dg
import pytest

from staging_assets.checks import KINDS
from staging_assets.cli import app as cli
from staging_assets.cli.building.build import find_patterns
from staging_assets.cli.building.few import find_few, find_few_selection
from staging_assets.postgres import Server
from staging_assets.project import load_project
from staging_assets.settings import ConnectionSettings, StagingSchema
from staging_assets_tests.cli.test_looking import FILES
from staging_assets_tests.support.builds import build_all
from staging_assets_tests.support.commands import BIN, find_environment
from staging_assets_tests.support.folders import make_project


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_project(tmp_path / "sql", FILES)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize(
    ("typed", "selection"),
    [
        ([], "staging/*"),
        (["staging/*"], "staging/*"),
        (["dogs"], 'key:"staging/dogs"'),
        (["staging/dogs"], 'key:"staging/dogs"'),
        (["+walks_cleanup"], '+key:"staging/walks_cleanup"'),
        (["dogs++", "lookup_*"], 'key:"staging/dogs"++ or key:"staging/lookup_*"'),
        (["group:lookups"], "group:lookups"),
        (["group:lookups", "dogs"], '(group:lookups) or key:"staging/dogs"'),
        (["stored_procedures/names"], 'key:"staging/stored_procedures/names"'),
        (["--schema", "tiny"], "tiny/staging/*"),
        (["--schema", "tiny", "dogs"], 'key:"tiny/staging/dogs"'),
    ],
)
def test_what_is_typed_becomes_dagsters_selection(
    folder: Path, capsys: pytest.CaptureFixture[str], typed: list[str], selection: str
) -> None:
    assert cli.main(["build", "--dry-run", *typed]) == 0
    words = shlex.split(capsys.readouterr().out)
    assert words[-5:] == ["dagster", "asset", "materialize", "--select", selection]
    assert words[:-5] == (["STAGING_SCHEMA=tiny"] if "tiny" in typed else [])


def test_options_become_run_config(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["build", "--dry-run", "--rebuild", "missing", "--workers", "2", "--schema", "tiny"]
    assert cli.main(typed) == 0
    config = '{"ops": {"staging_build_tiny": {"config": {"rebuild": "missing", "workers": 2}}}}'
    assert shlex.split(capsys.readouterr().out)[-2:] == ["--config-json", config]


def test_a_misspelt_name_is_told_before_dagster_starts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["build", "dgos"]) == 1
    assert "Did you mean dogs" in capsys.readouterr().err
    assert cli.main(["build", "--rebuild", "some"]) == 64


def test_a_build_is_dagsters_own_with_its_history_and_exit_code(
    folder: Path, staging_home: Path, database: Server
) -> None:
    environment = find_environment(
        STAGING_DATABASE_URL=database.dsn, STAGING_HOME=str(staging_home)
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "staging-assets", "build", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    good = run("lookup_kinds", "schema", "--sql-dir", str(folder))
    assert (good.returncode, good.stderr) == (0, "")
    assert "2 built, 0 failed, 0 skipped; 1 row" in good.stdout
    bad = run("dogs", "--rebuild", "all", "--sql-dir", str(folder))
    assert bad.returncode == 1
    assert "etl.pets" in bad.stdout
    assert (staging_home / "dagster" / "history").exists()


def test_of_what_changed_dagster_is_asked_for_that_alone(
    tmp_path: Path, staging_home: Path, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"STAGING_DATABASE_URL": database.dsn, "STAGING_HOME": str(staging_home)}
    more = {
        f"create_tables/CREATE-staging-t{n}.sql": f"create table staging.t{n} ();" for n in range(5)
    }
    sql = make_project(tmp_path / "more", more)
    project = load_project(sql, "demo", KINDS)
    build_all(database, project)

    def run(*words: str) -> str:
        ran = subprocess.run(
            [BIN / "staging-assets", "build", "--rebuild", "changed", *words],
            env=find_environment(STAGING_SQL_DIR=str(sql), **told),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    make_project(sql, {"create_tables/CREATE-staging-t3.sql": "create table staging.t3 (n int);"})
    printed = run()
    assert "1 built, 5 unchanged, 0 failed, 0 skipped" in printed
    assert "staging/t3 " in printed
    assert "staging/t2 " not in printed
    assert "0 built, 3 unchanged, 0 failed, 0 skipped" in run("t1", "t2", "staging/t3")
    monkeypatch.setenv("DAGSTER_HOME", str(staging_home / "dagster"))
    with dg.DagsterInstance.get() as instance:
        chosen = [
            sorted(key.path[-1] for key in each.asset_selection or ())
            for each in instance.get_runs()
        ]
    assert chosen == [["t1"], ["schema", "t3"]]


@pytest.mark.parametrize(
    ("typed", "patterns"),
    [
        ([], ["*"]),
        (["staging/*"], ["*"]),
        (["dogs", "staging/lookup_*"], ["dogs", "lookup_*"]),
        (["stored_procedures/names"], ["stored_procedures/names"]),
        (["dogs+"], []),
        (["dogs", "group:lookups"], []),
    ],
)
def test_what_says_more_than_names_is_left_to_dagster(
    typed: list[str], patterns: list[str]
) -> None:
    assert find_patterns(StagingSchema(), typed) == patterns


def test_where_no_plan_can_be_made_the_run_is_left_to_tell(folder: Path) -> None:
    project = load_project(folder, "demo", KINDS)
    nowhere = StagingSchema(postgres=ConnectionSettings(url="postgresql://localhost:1/x"))
    assert find_few(nowhere, project, project.nodes) is None


def test_what_a_selection_cannot_say_is_asked_for_as_typed() -> None:
    assert find_few_selection(StagingSchema(), ["a", "stored_procedures/b-c"]) == (
        "staging/a,staging/stored_procedures/b-c"
    )
    for names in (["a b"], ["a,b"], ["a*"], ["x" * 50] * 2000):
        assert find_few_selection(StagingSchema(), names) is None


def test_a_taken_port_is_said_plainly(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["dev", "--port", str(port)]) == 1
        said = capsys.readouterr().err
    assert said.startswith(f"--port {port}: Address already in use. Give another one, such as ")
    assert cli.main(["dev", "--port", str(port), "--dry-run"]) == 0
    assert shlex.split(capsys.readouterr().out)[:4] == ["dagster", "dev", "-h", "127.0.0.1"]
