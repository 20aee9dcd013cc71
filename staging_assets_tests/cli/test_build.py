"""`staging-assets build` and `dev`: Dagster's commands, typed for people."""

from __future__ import annotations

import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from staging_assets.cli import app as cli
from staging_assets.postgres import Server
from staging_assets_tests.cli.test_looking import FILES
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
