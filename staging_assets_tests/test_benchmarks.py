"""The benchmarks' own workloads, at a scale where nothing is timed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from benchmarks.equality import find_differences, read_outcome
from benchmarks.events import make_events
from benchmarks.measure import read_server_seconds, run_measured
from benchmarks.report import find_exponent, find_ratios, spell_growth, spell_series
from benchmarks.rounds import Series, run_series
from benchmarks.tiny import make_tiny
from benchmarks.workload import Workload
from staging_assets.postgres.server import Server

TINY = 6
SMALL = 0.0005
CONTESTANTS = ("psql", "ideal", "this-project")


def tiny() -> Workload:
    return make_tiny("w1", TINY)


def events() -> Workload:
    return make_events("w2", SMALL)


def read_all(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("make", [tiny, events])
def test_a_workload_is_written_the_same_every_time(
    make: Callable[[], Workload], tmp_path: Path
) -> None:
    make().write(tmp_path / "one")
    make().write(tmp_path / "other")
    written = read_all(tmp_path / "one")
    assert written == read_all(tmp_path / "other")
    assert any("POPULATE-staging-" in name for name in written)


@pytest.mark.parametrize("make", [tiny, events])
def test_tables_come_after_those_that_they_need(make: Callable[[], Workload]) -> None:
    seen: set[str] = set()
    for table in make().tables:
        assert seen.issuperset(table.needs)
        seen.add(table.name)


@pytest.mark.parametrize("make", [tiny, events])
def test_contestants_end_with_the_same_rows_and_keys(
    make: Callable[[], Workload], tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    workload = make()
    counted = make is tiny
    series = run_series(
        workload,
        CONTESTANTS,
        tmp_path,
        logs=tmp_path / "logs",
        rounds=1,
        tell=lambda _: None,
        count=counted,
    )
    for name in CONTESTANTS:
        record = series.records[name]
        assert (record.state, record.differences) == ("ok", [])
        assert record.rows == series.records["psql"].rows
        assert len(record.runs) == 1
        assert record.runs[0].usage.peak_mb > 1
        assert (record.connections is not None) == counted
        assert record.connections is None or record.connections > 0
        # Every table takes two statements at the least.
        assert record.statements is None or record.statements > 2 * len(workload.tables)
    assert series.records["psql"].rows == sum(table.size for table in workload.tables)
    report = spell_series(series)
    assert all(f"| {name} " in report for name in CONTESTANTS)
    assert find_ratios(series)
    again = Series.from_json(json.loads(json.dumps(series.to_json())))
    assert spell_series(again) == report


def test_other_rows_and_missing_keys_are_found(witness: Connection) -> None:
    cursor = witness.cursor()
    cursor.execute(
        "create schema staging;"
        "create table staging.a (id int primary key, t text, at timestamptz default now());"
        "create table staging.b (id int references staging.a (id));"
        "insert into staging.a (id, t) values (1, 'one'), (2, 'two')"
    )
    expected = read_outcome(witness)
    cursor.execute("delete from staging.a where id = 2; insert into staging.a values (2, 'two')")
    assert find_differences(expected, read_outcome(witness)) == []
    cursor.execute("update staging.a set t = 'too' where id = 2")
    assert find_differences(expected, read_outcome(witness)) == ["table a has other rows"]
    assert find_differences(expected, read_outcome(witness, hashes=False)) == []
    cursor.execute("delete from staging.a where id = 2; alter table staging.a drop column at")
    assert find_differences(expected, read_outcome(witness)) == ["table a has 1 rows, not 2"]
    cursor.execute("drop table staging.b; create table staging.c ()")
    found = find_differences(expected, read_outcome(witness))
    assert found[1:3] == ["table b is missing", "table c is too many"]
    assert len(found) == 4
    assert found[3].startswith("missing constraint b_id_fkey on b: FOREIGN KEY (id)")
    assert len(find_differences(expected, read_outcome(witness), keys=False)) == 3


def test_a_contestant_that_fails_is_reported_as_failed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    workload = make_tiny("w1", 2)
    broken = Workload(
        "w1", workload.title, workload.scale, workload.tables, etl=(), sources=workload.sources
    )
    record = run_series(
        broken, ("psql",), tmp_path, logs=tmp_path / "logs", rounds=2, tell=lambda _: None
    ).records["psql"]
    assert record.state.startswith("failed: exit code 3, see ")
    assert record.runs == []


def test_a_command_is_measured_with_all_its_processes(tmp_path: Path) -> None:
    burn = "sum(range(20_000_000)); b = bytearray(150_000_000)"
    script = f"python3 -c '{burn}' & python3 -c '{burn}' & wait; echo done; exit 7"
    usage = run_measured(
        ["bash", "-c", script], {"PATH": "/usr/bin:/bin"}, tmp_path, tmp_path / "o"
    )
    assert usage.code == 7
    assert usage.output_bytes == len("done\n")
    assert usage.peak_mb > 150
    assert 0.05 < usage.cpu < 2.5 * usage.wall + 1


def test_time_of_an_ended_backend_still_counts(database: Server) -> None:
    connection = database.connect("benchmarks", autocommit=True)
    cursor = connection.cursor()
    cursor.execute("show data_directory")
    row = cursor.fetchone()
    assert row is not None
    postmaster = int(Path(row[0], "postmaster.pid").read_text().split("\n")[0])
    before = read_server_seconds(postmaster)
    cursor.execute("select sum(sqrt(i)) from generate_series(1, 3000000) as i")
    during = read_server_seconds(postmaster)
    connection.close()
    after = read_server_seconds(postmaster)
    assert during > before + 0.05
    assert after >= during


def test_growth_is_the_exponent_of_time_over_scale() -> None:
    assert find_exponent([(0.1, 2.0), (1.0, 20.0), (3.0, 60.0)]) == pytest.approx(1.0)
    assert find_exponent([(1.0, 5.0), (10.0, 5.0)]) == pytest.approx(0.0)
    empty = Series("w3", "", 1.0, 1, "", {}, {})
    assert "exponent" in spell_growth([empty])
