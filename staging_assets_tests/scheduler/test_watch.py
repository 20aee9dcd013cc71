"""What a run tells while it lasts: what it is at, what takes long, and what holds it up."""

from __future__ import annotations

import re
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from psycopg2.errors import QueryCanceled
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.builder import BuildOptions
from staging_assets.postgres import Server
from staging_assets.scheduler import Progress, run_build, watch
from staging_assets_tests.support.builds import ask, build_all, load, tables

SLOW = tables(
    quick=("create table staging.quick (i int)", "insert into staging.quick select 1"),
    slow=(
        "create table staging.slow (i int)",
        "insert into staging.slow select i from etl.pets, pg_sleep(1.5)",
    ),
)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_EVERY", 1.0)
    monkeypatch.setattr(watch, "_NAME_AFTER", 0.5)


def run(server: Server, folder: Path, log: list[str]) -> list[Progress]:
    project = load(folder, SLOW)
    seen: list[Progress] = []
    results = run_build(
        server,
        project,
        project.nodes,
        BuildOptions(schema="staging", run_id="test", workers=2),
        log=lambda level, line: log.append(f"{level}: {line}"),
        watcher=seen.append,
    )
    assert [r.message for r in results if r.status != "built"] == []
    return seen


def test_what_takes_long_is_named_once_and_then_told_of_now_and_then(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, "create schema etl; create table etl.pets as select 1 as i")
    log: list[str] = []
    seen = run(database, tmp_path, log)
    assert [line for line in log if "building" in line] == ["info: building: slow"]
    assert any(re.fullmatch(r"info: slow: for \d s; waits for PgSleep", line) for line in log)
    ages = [each.building["slow"] for each in seen if "slow" in each.building]
    assert ages == sorted(ages)
    assert ages[-1] > 1
    assert {each.left for each in seen} == {None}


def test_what_is_left_is_known_by_the_last_builds(
    database: Server, witness: Connection, tmp_path: Path
) -> None:
    ask(witness, "create schema etl; create table etl.pets as select 1 as i")
    run(database, tmp_path, [])
    seen = run(database, tmp_path, [])
    left = [each.left for each in seen if each.left is not None and "slow" in each.building]
    assert left == sorted(left, reverse=True)
    assert 1.0 < left[0] < 4.0
    assert left[-1] < left[0] - 1


def test_who_holds_a_lock_is_told(database: Server, witness: Connection, tmp_path: Path) -> None:
    ask(witness, "create schema etl; create table etl.pets as select 1 as i")
    log: list[str] = []
    with closing(database.connect("the-holder")) as other:
        ask(other, "lock table etl.pets in access exclusive mode")

        def release() -> None:
            until = time.monotonic() + 60
            while time.monotonic() < until and not any("lock" in line for line in log):
                time.sleep(0.05)
            other.rollback()

        threading.Thread(target=release).start()
        run(database, tmp_path, log)
        pid = other.info.backend_pid
    assert any(line.endswith(f"waits for a lock of process {pid} (the-holder)") for line in log)


def test_an_index_that_is_being_made_is_told(
    database: Server, witness: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_EVERY", 0.0)
    ask(witness, "create table public.big as select i from generate_series(1, 3000000) as i")
    log: list[str] = []
    with closing(database.connect("maker", autocommit=True)) as maker:

        def make() -> None:
            with suppress(QueryCanceled):
                ask(maker, "create index on public.big (md5(i::text))")

        thread = threading.Thread(target=make)
        thread.start()
        looks = watch.Watch(lambda level, line: log.append(line), {}, 1)
        building = [watch.Building("big", time.monotonic(), maker.info.backend_pid)]
        while thread.is_alive() and not any("index on big" in line for line in log):
            looks.look(building, lambda: ["big"], witness)
            time.sleep(0.01)
        maker.cancel()
        thread.join()
    assert any("index on" in line and "building index" in line for line in log), log


def test_nothing_is_told_of_a_quick_run(
    database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_NAME_AFTER", 30.0)
    monkeypatch.setattr(watch, "_EVERY", 60.0)
    project = load(tmp_path, tables(quick="create table staging.quick (i int)"))
    log: list[str] = []
    build_all(database, project, log=lambda level, line: log.append(line))
    assert log == []
