"""The databases that are laid into a new folder are those that Dagster makes there itself."""

from __future__ import annotations

import stat
from pathlib import Path

import dagster as dg
import pytest

from staging_assets.defs.dagster_patches import ready_history
from staging_assets.defs.dagster_patches.home import make_home
from staging_assets.defs.dagster_patches.ready_history import (
    READY,
    find_history_sql,
    lay_history,
    make_history,
)


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
        "Dagster has changed: run python -m staging_assets.defs.dagster_patches.ready_history"
    )
    assert lay_history(tmp_path / "laid")
    assert find_history_sql(tmp_path / "laid") == made


def test_a_run_is_kept_in_what_is_laid_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    make_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700

    @dg.asset
    def one() -> int:
        return 1

    with dg.DagsterInstance.get() as instance:
        assert dg.materialize([one], instance=instance).success
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count() == 1
        assert instance.get_latest_materialization_event(dg.AssetKey("one")) is not None


def test_another_version_of_dagster_makes_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "ready.sql"
    other.write_text(READY.read_text().replace("-- dagster ", "-- dagster 0.", 1))
    monkeypatch.setattr(ready_history, "READY", other)
    assert not lay_history(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["ready.sql"]


def test_a_folder_that_dagster_has_used_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    assert not lay_history(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["schedules"]
