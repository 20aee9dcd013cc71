"""The job that prunes the history, on the history of the command line."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from staging_assets_tests.end_to_end.test_commands import LITERAL, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.forked import run_forked


def find_size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_old_runs_go_with_their_files_and_what_was_built_last_stays(
    typed: dict[str, str],  # noqa: F811
    staging_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = staging_home / "dagster"
    for command in (LITERAL, LITERAL, "dagster asset materialize --select staging/notes"):
        assert run_forked(command, typed).returncode == 0
    # A run of somebody else's, in the same history.
    other = tmp_path / "other.py"
    other.write_text(
        "import dagster as dg\n@dg.asset\ndef mine(): ...\ndefs = dg.Definitions([mine])\n"
    )
    theirs = f"dagster asset materialize -f '{other}' --select mine"
    for _ in range(2):
        assert run_forked(theirs, {**typed, "DAGSTER_HOME": str(home)}).returncode == 0
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = [record.dagster_run.run_id for record in instance.get_run_records()]
    second_theirs, first_theirs, notes, again, first = runs
    before = find_size(home)

    kept = run_forked("dagster job execute -j staging_retention", typed)
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert "0 runs that ended before " in kept.stdout

    config = tmp_path / "days.yaml"
    config.write_text("ops: {prune_history: {config: {days: 0}}}")
    ran = run_forked(f"dagster job execute -j staging_retention --config '{config}'", typed)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # The first build, and the run of this job before.
    assert "2 runs that ended before " in ran.stdout, ran.stdout
    assert not list(home.rglob(f"{first}*"))
    assert list(home.rglob(f"{again}*"))
    assert find_size(home) < before
    with dg.DagsterInstance.from_config(str(home)) as instance:
        left = [record.dagster_run.run_id for record in instance.get_run_records()]
        assert left[1:] == [second_theirs, first_theirs, notes, again]
        arrests = dg.AssetKey(["staging", "arrests"])
        found = instance.fetch_materializations(arrests, limit=5).records
        assert [record.run_id for record in found] == [again]
        # Reading what is gone makes an empty file again.
        assert not instance.all_logs(first)
