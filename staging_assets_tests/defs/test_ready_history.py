"""The databases that are laid into a new folder are those that Dagster makes there itself."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from staging_assets.dagster_home import (
    READY,
    find_history_sql,
    lay_history,
    make_home,
    ready_history,
)
from staging_assets.defs.dagster_patches.make_history import make_history
from staging_assets_tests.support.commands import ROOT, find_environment

STORAGE = Path(dg.__file__).parent / "_core" / "storage"


def test_what_is_laid_down_is_what_dagster_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "made"))
    for name in ("made", "laid"):
        (tmp_path / name).mkdir()
    (tmp_path / "made" / "dagster.yaml").touch()
    make_history(tmp_path / "made", "dagster.yaml")
    made = find_history_sql(tmp_path / "made")
    assert READY.read_text() == made, (
        "Dagster has changed: run python -m staging_assets.defs.dagster_patches.make_history"
    )
    assert lay_history(tmp_path / "laid")
    assert find_history_sql(tmp_path / "laid") == made


def test_a_run_is_kept_in_what_is_laid_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    assert make_home(home) is None
    assert stat.S_IMODE(home.stat().st_mode) == 0o700

    @dg.asset
    def one() -> int:
        return 1

    with dg.DagsterInstance.get() as instance:
        assert dg.materialize([one], instance=instance).success
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count() == 1
        assert instance.get_latest_materialization_event(dg.AssetKey("one")) is not None


def test_a_new_folder_is_made_without_dagster_and_without_a_driver(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from staging_assets.dagster_home import make_home;"
        f"assert make_home(Path({str(tmp_path / 'home')!r})) is None;"
        "print([m for m in ('dagster', 'psycopg2', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "home" / "schedules" / "schedules.db").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda storage: (storage / "alembic" / "versions" / "060_new.py").touch(),
        lambda storage: (storage / "runs" / "schema.py").write_text("TABLES = []"),
        lambda storage: (storage / "schedules" / "migration.py").write_text('NEW = "a_new_one"'),
        lambda storage: (storage / "event_log" / "schema.py").unlink(),
    ],
    ids=["a migration", "a table", "a migration of data", "kept elsewhere"],
)
def test_another_kind_of_dagster_makes_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change
) -> None:
    copy = tmp_path / "path" / "dagster" / "_core" / "storage"
    for part in ("alembic/versions", "runs", "schedules", "event_log"):
        shutil.copytree(STORAGE / part, copy / part)
    (tmp_path / "path" / "dagster" / "__init__.py").touch()
    program = (
        "import sys; from pathlib import Path; from staging_assets.dagster_home import lay_history;"
        "sys.exit(not lay_history(Path(sys.argv[1])))"
    )

    def lay(folder: str) -> bool:
        (tmp_path / folder).mkdir()
        environment = find_environment(PYTHONPATH=str(tmp_path / "path"))
        command = [sys.executable, "-c", program, str(tmp_path / folder)]
        return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode == 0

    assert lay("same")
    change(copy)
    assert not lay("other")
    assert list((tmp_path / "other").iterdir()) == []


def test_what_keeps_dagster_from_making_it_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "ready.sql"
    other.write_text(READY.read_text().replace("-- dagster ", "-- another dagster ", 1))
    monkeypatch.setattr(ready_history, "READY", other)
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "schedules.db").write_text("this is no database" * 100)
    told = make_home(tmp_path)
    assert told == (
        f"{tmp_path}: Dagster cannot make its history: DatabaseError: (sqlite3.DatabaseError) file"
        " is not a database"
    )
    assert not (tmp_path / "dagster.yaml").exists()


def test_a_folder_that_dagster_has_used_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    assert not lay_history(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["schedules"]
