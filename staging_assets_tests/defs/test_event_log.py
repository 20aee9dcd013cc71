"""Dagster's history on this machine: the same files as its own storage makes, held open."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.dagster_home import CONFIGURATION
from staging_assets_tests.end_to_end.test_commands import LITERAL, count, typed  # noqa: F401 - a fixture
from staging_assets_tests.support.commands import run_typed
from staging_assets_tests.support.forked import find_context, run_forked

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DAGSTER_HOME as the command `dagster` makes it."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    shutil.copy(CONFIGURATION, folder)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


@contextmanager
def opened(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


@contextmanager
def opened_by_stock_dagster(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home), config_filename="none.yaml") as instance:
        yield instance


@dg.multi_asset(
    specs=[dg.AssetSpec(f"a{number}") for number in range(5)],
    check_specs=[dg.AssetCheckSpec("good", asset=f"a{number}") for number in range(5)],
)
def many() -> Iterator[dg.MaterializeResult[None]]:
    for number in range(5):
        yield dg.MaterializeResult(
            asset_key=f"a{number}",
            metadata={"number": number},
            check_results=[
                dg.AssetCheckResult(asset_key=f"a{number}", check_name="good", passed=True)
            ],
        )


def find_open_files(home: Path) -> set[str]:
    """The files of the history that this process holds open, without SQLite's side files."""
    names = set()
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208
        path = Path(f"/proc/self/fd/{number}")
        target = str(path.readlink()) if path.is_symlink() else ""
        if target.startswith(str(home / "history" / "runs")) and target.endswith(".db"):
            names.add(Path(target).stem)
    return names


def test_dagsters_own_storage_reads_what_is_written(home: Path) -> None:
    with opened(home) as instance:
        run = dg.materialize([many], instance=instance)
        written = [str(event) for event in instance.all_logs(run.run_id)]
    with opened_by_stock_dagster(home) as stock:
        assert type(stock.event_log_storage) is not type(instance.event_log_storage)
        read = [str(event) for event in stock.all_logs(run.run_id)]
        assert read == written
        assert len(read) > 20
        event = stock.get_latest_materialization_event(dg.AssetKey("a3"))
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["number"].value == 3
        again = dg.materialize([many], instance=stock)
    with opened(home) as instance:
        assert len(instance.all_logs(again.run_id)) == len(read)
        assert instance.get_runs_count() == 2


@LINUX
def test_files_are_held_open_between_events_and_closed_at_the_end(home: Path) -> None:
    seen = []

    @dg.asset
    def looks() -> None:
        seen.append(find_open_files(home))

    with opened(home) as instance:
        runs = [dg.materialize([looks], instance=instance).run_id for _ in range(3)]
        assert seen == [{"index", run} for run in runs]
    assert find_open_files(home) == set()


def test_a_history_that_is_removed_meanwhile_is_begun_anew(home: Path) -> None:
    with opened(home) as instance:
        first = dg.materialize([many], instance=instance)
        with opened_by_stock_dagster(home) as stock:
            stock.wipe()
        instance.event_log_storage.wipe()
        second = dg.materialize([many], instance=instance)
        assert instance.all_logs(first.run_id) == []
        assert len(instance.all_logs(second.run_id)) > 20


def test_who_watches_a_run_is_told_of_each_event(home: Path) -> None:
    told = threading.Event()
    with opened(home) as writer, opened_by_stock_dagster(home) as page:
        run = dg.materialize([many], instance=writer)
        page.event_log_storage.watch(run.run_id, None, lambda *_: told.set())
        told.clear()
        writer.report_engine_event("something", run.dagster_run)
        assert told.wait(10)
        page.event_log_storage.end_watch(run.run_id, lambda *_: None)


def write_runs(home: Path) -> None:
    """What each of several processes does; the server that forks them knows of no home."""
    os.environ["DAGSTER_HOME"] = str(home)
    with opened(home) as instance:
        for _ in range(4):
            assert dg.materialize([many], instance=instance).success


def test_two_processes_write_at_the_same_time(home: Path) -> None:
    with opened(home):
        pass  # in a folder that is made already; below is one that is not
    both = [find_context().Process(target=write_runs, args=(home,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    with opened(home) as instance:
        assert instance.get_runs_count() == 8
        assert all(len(instance.all_logs(run.run_id)) > 20 for run in instance.get_runs())


@pytest.fixture
def newcomer(typed: dict[str, str], tmp_path: Path) -> dict[str, str]:  # noqa: F811
    """The environment of a person who has run nothing yet."""
    return {**typed, "STAGING_HOME": str(tmp_path / "home")}


def test_a_command_leaves_its_run_in_the_folder_of_the_project(
    newcomer: dict[str, str],
    tmp_path: Path,
    witness: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = run_forked(LITERAL, newcomer)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert count(witness, "select count(*) from staging.arrests") == 3
    kept = tmp_path / "home" / "dagster"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    monkeypatch.setenv("DAGSTER_HOME", str(kept))
    with opened(kept) as instance:
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.SUCCESS
        asset = dg.AssetKey(["staging", "arrests"])
        assert instance.get_latest_materialization_event(asset) is not None


def test_commands_that_begin_at_once_in_a_new_folder_all_work(
    newcomer: dict[str, str],
    tmp_path: Path,
) -> None:
    line = "{ " + "dagster run list & " * 4 + "wait -n && wait -n && wait -n && wait -n; }"
    ran = run_typed(line, newcomer)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    for command in ("dagster run list", "dagster instance info"):
        later = run_forked(command, newcomer)
        assert later.returncode == 0, later.stderr
    assert "LocalEventLogStorage" in later.stdout


def test_a_home_that_cannot_be_written_is_said_in_a_line(
    typed: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    ran = run_forked("dagster run list", {**typed, "STAGING_HOME": str(tmp_path / "file")})
    assert ran.returncode != 0
    assert len(ran.stderr.splitlines()) == 1
    assert "file/dagster: Dagster's history cannot be kept here: Not a directory. Set" in ran.stderr


@pytest.mark.parametrize(
    ("home", "variable", "made"),
    [
        ("here/../there", "", "there/dagster"),
        ("~/mine", "", "user/mine/dagster"),
        ("unused", "own", ""),
    ],
)
def test_where_the_history_is(
    typed: dict[str, str],  # noqa: F811
    tmp_path: Path,
    home: str,
    variable: str,
    made: str,
) -> None:
    for folder in ("here", "own", "user"):
        (tmp_path / folder).mkdir()
    (tmp_path / "own" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    typed |= {"STAGING_HOME": home, "HOME": str(tmp_path / "user")}
    if variable:
        typed["DAGSTER_HOME"] = str(tmp_path / variable)
    ran = run_forked("dagster run list", typed, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    found = {str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("dagster.yaml")}
    assert found == {"own", made} - {""}
