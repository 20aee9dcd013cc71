"""The benchmarks' own workloads, at a scale where nothing is timed."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn, parse_dsn

from benchmarks.__main__ import draw, measure, read_options, write
from benchmarks.contestants.common import HERE
from benchmarks.distance import Far, from_json, spell_distance, to_json
from benchmarks.equality import Outcome, find_differences, read_outcome
from benchmarks.events import make_events
from benchmarks.growth import ABOVE, STEP, find_exponent, find_growing, find_points, spell_growth
from benchmarks.measure import Usage, read_server_seconds, read_step_seconds, run_measured
from benchmarks.parts import (
    DEFINITIONS,
    END,
    IMPORT_OURS,
    REST,
    START,
    WAITING,
    find_package,
    find_part,
    find_worker_part,
)
from benchmarks.plan import plan, plan_profiles
from benchmarks.proxy import Traffic, run_proxy
from benchmarks.report import find_ratios, spell_ratios, spell_series
from benchmarks.results import Measured
from benchmarks.rounds import Record, Run, Series, compare, run_series
from benchmarks.spy import read_stacks, spell_profile, sum_stacks
from benchmarks.tiny import make_tiny
from benchmarks.workload import Workload
from staging_assets.postgres.client.server import Server

TINY = 6
SMALL = 0.0005
BUILDERS = ("psql", "ideal", "ideal-no-wal", "this-project")


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


@pytest.mark.server
@pytest.mark.parametrize("make", [tiny, events])
def test_contestants_end_with_the_same_rows_and_keys(
    make: Callable[[], Workload], tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    workload = make()
    counted = make is tiny
    names = (*BUILDERS, "floor-same-log") if make is tiny else BUILDERS
    series = run_series(
        workload,
        names,
        tmp_path,
        logs=tmp_path / "logs",
        rounds=1,
        tell=lambda _: None,
        count=counted,
    )
    assert series.reference == "psql"
    for name in names:
        record = series.records[name]
        assert (record.state, record.differences) == ("ok", [])
        assert len(record.runs) == 1
        assert record.runs[0].usage.peak_mb > 1
        if name == "floor-same-log":
            assert (record.rows, record.statements, record.connections) == (None, None, None)
            continue
        assert record.rows == series.records["psql"].rows
        assert (record.connections is not None) == counted
        assert record.connections is None or record.connections > 0
        # Every table takes two statements at the least.
        assert record.statements is None or record.statements > 2 * len(workload.tables)
    # This floor keeps its runs where this project does: in a folder that stays.
    floor = tmp_path / "workload/floor-same-log/history/runs"
    assert bool(list(floor.glob("*.db"))) == ("floor-same-log" in names)
    for name in names:
        record = series.records[name]
        if name not in ("floor-same-log", "this-project"):
            assert record.step is None
            continue
        assert record.step is not None
        assert record.wall is not None
        assert 0 < record.step < record.wall
    assert series.records["psql"].step is None
    assert series.records["psql"].rows == sum(table.size for table in workload.tables)
    report = spell_series(series)
    assert all(f"| {name} " in report for name in names)
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


def test_a_distant_server_answers_later_and_is_asked_as_often_as_counted(database: Server) -> None:
    told = parse_dsn(database.dsn)
    socket = f"{told['host']}/.s.PGSQL.{told.get('port', '5432')}"
    with run_proxy(socket, 0.05) as (port, traffic):
        dsn = make_dsn(database.dsn, host="127.0.0.1", port=port, sslmode="disable")
        with closing(psycopg2.connect(dsn)) as connection:
            connection.autocommit = True
            before, began = replace(traffic), time.monotonic()
            with connection.cursor() as cursor:
                cursor.execute("create table t (a text); select 1; select repeat('x', 300000)")
                assert len(str(cursor.fetchone())) > 300_000
                cursor.copy_expert("copy t from stdin", io.StringIO("a\nb\n"))
            assert time.monotonic() - began >= 3 * 0.05
    assert before == Traffic(connections=1, trips=1, statements=0)
    # What a COPY sends is asked for by an answer of its own.
    assert traffic == Traffic(connections=1, trips=4, statements=4)


def test_the_report_has_what_a_distance_costs_a_table() -> None:
    found = [
        Far(5.0, "build", 10, 4.5, 1.25, 900, 60, 4),
        Far(5.0, "nothing", 10, 3, None, 31, 20, 2),
    ]
    head, _, build, nothing = spell_distance(found).splitlines()[2:]
    assert [cell.strip() for cell in head.split("|")[7:9]] == [
        "statements a table",
        "round trips a table",
    ]
    assert [cell.strip() for cell in build.split("|")[3:9]] == [
        "4.5",
        "1.2",
        "900",
        "60",
        "90.0",
        "6.0",
    ]
    assert [cell.strip() for cell in nothing.split("|")[3:5]] == ["3.0", ""]
    assert from_json(json.loads(json.dumps(to_json(found)))) == found


@pytest.mark.server
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


def test_a_command_that_hangs_is_killed(tmp_path: Path) -> None:
    words = ["bash", "-c", "sleep 60 & sleep 60"]
    usage = run_measured(words, {"PATH": "/usr/bin:/bin"}, tmp_path, tmp_path / "o", 0.2)
    assert usage.code == -9
    assert usage.wall < 30


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


def make_record(
    name: str, *seconds: float, keys: bool = True, rows: int | None = None, step: float = 0.0
) -> Record:
    runs = [Run(Usage(s, s, 100.0, 0, 0), 0.0, 0.0, 0.0, 0.0, step or None) for s in seconds]
    return Record(name, keys, runs=runs, rows=rows)


def read_cells(report: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in report.splitlines()]


def make_series(workload: str, scale: float, *records: Record) -> Series:
    by_name = {record.contestant: record for record in records}
    return Series(workload, "", scale, 100, "", {}, by_name)


def test_others_are_compared_with_the_first_that_makes_keys() -> None:
    rows = {"a": (1, "hash")}
    none, keys = Outcome(rows, ()), Outcome(rows, ("constraint a_pkey", "index: a"))
    told: list[str] = []
    names = {"dbt": False, "dbt-cold": False, "psql": True, "this-project": True}
    series = make_series("w1", 1, *(make_record(n, keys=k) for n, k in names.items()))
    outcomes = {"dbt": [none], "dbt-cold": [none], "psql": [keys], "this-project": [keys, none]}
    compare(series, outcomes, told.append)
    assert series.reference == "psql"
    missing = ["missing constraint a_pkey", "missing index: a"]
    found = {name: record.differences for name, record in series.records.items()}
    assert found == {"dbt": [], "dbt-cold": [], "psql": [], "this-project": missing}
    assert len(told) == 1

    other = Outcome({"a": (2, "")}, ())
    series = make_series(
        "w1", 1, make_record("dbt", keys=False), make_record("dbt-cold", keys=False)
    )
    compare(series, {"dbt": [none], "dbt-cold": [other]}, told.append)
    assert series.reference == "dbt"
    assert series.records["dbt-cold"].differences == ["table a has 2 rows, not 1"]


def test_ratios_name_both_floors_and_all_of_dbt() -> None:
    series = make_series(
        "w1",
        1,
        make_record("dbt", 4.0, keys=False),
        make_record("dbt-cold", 8.0, keys=False),
        make_record("dbt-enforced", 16.0),
        make_record("floor", 10.0),
        make_record("floor-same-log", 5.0),
        make_record("this-project", 7.0, 8.0, 90.0),
    )
    found = {what.partition(",")[0]: figure for what, figure, _ in find_ratios(series)}
    assert found == {
        "times the floor": 0.8,
        "times the floor with this project's event log": 1.6,
        "ms a table above the floor with this project's event log": 30.0,
        "times dbt": 2.0,
        "times dbt-cold": 1.0,
        "times dbt-enforced": 0.5,
        "MB of client memory": 100.0,
    }
    lines = spell_ratios(series).splitlines()
    assert (
        "- times dbt, which makes no keys; it parses only what has changed: 2.00 (below 1)" in lines
    )
    assert sum("makes the same keys" in line for line in lines) == 1


@pytest.mark.server
def test_who_is_left_out_or_lacks_something_has_a_state_of_its_own(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    told: list[str] = []
    series = run_series(
        make_tiny("w4", 2),
        ("psql",),
        tmp_path,
        logs=tmp_path / "logs",
        rounds=1,
        tell=told.append,
        left_out={"plain-dagster": "would take about 28 minutes"},
        count=False,
    )
    assert series.records["plain-dagster"].state == "left out: would take about 28 minutes"
    assert "- plain-dagster: left out: would take about 28 minutes" in spell_series(series)
    assert "| plain-dagster" not in spell_series(series)
    assert any("left out" in line for line in told)


def test_the_whole_run_leaves_slow_ones_out_where_tables_are_many() -> None:
    planned = {one.workload.label: one for one in plan(read_options([]))}
    many = planned["w4 x 10"]
    slow = {"luigi", "plain-dagster", "dbt-cold", "dbt-enforced"}
    slow |= {"dagster-dbt", "dagster-dbt-enforced", "dagster-dbt-in-process-enforced"}
    assert set(many.left_out) == slow
    assert not slow & set(many.contestants)
    assert many.left_out["plain-dagster"] == "would take about 28 minutes"
    assert not planned["w1 x 1"].left_out
    # W2 is the scale 1 of W3.
    assert {label for label in planned if label.startswith("w3")} == {
        "w3 x 0.1",
        "w3 x 0.3",
        "w3 x 3",
    }
    assert planned["w3 x 3"].contestants == (
        "psql",
        "ideal",
        "ideal-no-wal",
        "floor-same-log",
        "this-project",
    )


def test_options_override_the_plan() -> None:
    words = ["--workloads", "w3,w4", "--contestants", "plain-dagster,psql", "--rounds", "2"]
    planned = plan(read_options([*words, "--scales", "0.001,1", "--tables", "600"]))
    assert [one.workload.label for one in planned] == ["w3 x 0.001", "w3 x 1", "w4 x 6"]
    for one in planned:
        assert (one.contestants, one.left_out, one.rounds) == (("plain-dagster", "psql"), {}, 2)
    labels = [one.workload.label for one in plan(read_options(["--workloads", "w3"]))]
    assert labels == ["w3 x 0.1", "w3 x 0.3", "w3 x 1", "w3 x 3"]
    with pytest.raises(SystemExit):
        read_options(["--contestants", "nobody"])
    with pytest.raises(SystemExit):
        read_options(["--workloads", "w9"])


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        ([], ["w1 x 1"]),
        (["--quick"], []),
        (["--no-profile"], []),
        (["--workloads", "w2"], []),
        (["--contestants", "psql"], []),
        (["--profile"], ["w1 x 1"]),
        (["--profile", "--workloads", "w1,w4"], ["w1 x 1", "w4 x 10"]),
    ],
)
def test_the_first_workload_is_profiled_and_others_when_asked(
    words: list[str], labels: list[str]
) -> None:
    assert [workload.label for workload in plan_profiles(read_options(words))] == labels


@pytest.mark.parametrize(
    ("spelled", "seconds"),
    [("8.3ms", 0.0083), ("533ms", 0.533), ("12.34s", 12.34), ("4m52s", 292), ("1h4m", 3840)],
)
def test_seconds_of_the_step_are_read_from_the_log(
    spelled: str, seconds: float, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_text(f'STEP_SUCCESS - Finished execution of step "staging_build" in {spelled}.\n')
    assert read_step_seconds(log) == pytest.approx(seconds)
    log.write_text(
        "[1/1] staging/a  0.1 s\n\n1 built, 0 failed, 0 skipped; 3 rows in 1.7 s\nwhere\n"
    )
    assert read_step_seconds(log) == pytest.approx(1.7)
    log.write_text("something else\n")
    assert read_step_seconds(log) is None


def test_growth_is_the_exponent_of_time_over_rows() -> None:
    assert find_exponent([(0.1, 2.0), (1.0, 20.0), (3.0, 60.0)]) == pytest.approx(1.0)
    assert find_exponent([(1.0, 5.0), (10.0, 5.0)]) == pytest.approx(0.0)
    every = [
        make_series(
            workload,
            scale,
            make_record("psql", 80 * scale, rows=round(4e6 * scale)),
            make_record("floor-same-log", 4.0),
            make_record("this-project", 4 + 10 * scale, step=1 + 10 * scale),
            *([make_record("luigi", 90 * scale)] if workload == "w2" else []),
        )
        for workload, scale in (("w3", 0.1), ("w3", 3.0), ("w2", 1.0), ("w2", 3.0))
    ]
    assert find_growing(every[2:]) == []
    growing = find_growing(every)
    assert [(one.workload, one.scale) for one in growing] == [("w3", 0.1), ("w2", 1.0), ("w3", 3.0)]
    points = find_points(growing)
    assert set(points) == {"psql", "floor-same-log", "this-project", STEP, ABOVE}
    assert points["psql"][1] == (4e6, 80.0)
    assert find_exponent(points["psql"]) == pytest.approx(1.0)
    assert find_exponent(points[ABOVE]) == pytest.approx(1.0)
    assert find_exponent(points["this-project"]) < find_exponent(points[STEP]) < 1
    report = spell_growth(growing)
    assert "x 0.1 is 400,000, x 1 is 4,000,000, x 3 is 12,000,000" in report
    assert ["psql", "8.00", "80.00", "240.00", "1.00", "1.00"] in read_cells(report)


DEFS = "<module> (staging_assets/definitions.py:1)"
LOAD = "_find_and_load (<frozen importlib._bootstrap>:1165)"
STEP_RUN = "Step.run (staging_assets/defs/assets/step.py:118)"
SEQUENCE = "core_dagster_event_sequence_for_step (dagster/_core/execution/plan/execute_step.py:438)"
STORE = "LocalEventLogStorage.store_event (staging_assets/defs/dagster_patches/event_log.py:56)"
PLANNED = "RunDomain._log_asset_planned_events (dagster/_core/instance/runs/run_domain.py:837)"


@pytest.mark.parametrize(
    ("frames", "part"),
    [
        ([], END),
        ([LOAD, DEFS, LOAD, "<module> (staging_assets/defs/assets.py:1)"], IMPORT_OURS),
        ([LOAD, DEFS, "load_project (staging_assets/project/load.py:9)"], DEFINITIONS),
        ([LOAD, "<module> (dagster/__init__.py:1)", LOAD], "import of dagster"),
        (["create_run_for_job (a.py:1)", PLANNED, STORE], "planned events"),
        ([SEQUENCE, STORE, "x (sqlalchemy/engine/base.py:1)"], "event storing"),
        (
            [SEQUENCE, STEP_RUN, "run_build (staging_assets/scheduler/run.py:3)"],
            "our plan and its results",
        ),
        ([SEQUENCE, STEP_RUN, "Queue.get (queue.py:1)"], WAITING),
        ([SEQUENCE, "Thread.join (threading.py:1)"], "Dagster, around the step's events"),
        (["main (click/core.py:1)"], REST),
    ],
)
def test_a_stack_belongs_to_one_part(frames: list[str], part: str) -> None:
    assert find_part(frames) == part


def test_threads_that_build_have_parts_of_their_own() -> None:
    wait = [
        "Crew._run (staging_assets/scheduler/workers.py:1)",
        "Condition.wait (threading.py:295)",
    ]
    assert find_worker_part(wait) == "waiting for work"
    assert (
        find_worker_part([*wait[:1], "run_publish (staging_assets/publisher/table.py:1)"])
        == "publish"
    )
    assert (
        find_package([STORE, "execute (sqlalchemy/engine/base.py:1)", "x (threading.py:2)"])
        == "sqlalchemy"
    )
    assert find_package(["<module> (dagster:1)"]) == "the interpreter and its library"


def test_what_was_seen_is_summed_by_part() -> None:
    lines = [
        "thread (0x1) 2",
        "thread (0x1);<module> (dagster:1);<module> (dagster/__init__.py:1) 3",
        f"thread (0x1): MainThread;<module> (dagster:1);{SEQUENCE};{STORE} 4",
        "thread (0x1): MainThread 1",
        "thread (0x2): build-1;Condition.wait (threading.py:295) 5",
    ]
    profile = sum_stacks(list(read_stacks(lines)), "tiny", Usage(10.0, 8.0, 1.0, 0, 0), 11.0)
    assert profile.main == {"event storing": 4, "import of dagster": 3, START: 2, END: 1}
    assert profile.workers == {"waiting for work": 5}
    report = spell_profile(profile)
    assert ["event storing", "40.0", "4.00"] in read_cells(report)
    assert ["waiting for work", "100.0"] in read_cells(report)


@pytest.mark.server
@pytest.mark.skipif(
    not (HERE / ".venvs/spy/bin/py-spy").exists(), reason="py-spy comes with `make bench`"
)
def test_the_command_is_profiled_and_reported(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    words = ["--profile", "--tables", str(TINY), "--output", str(tmp_path / "results")]
    options = read_options(words)
    options.output.mkdir()
    measured = measure(options, tmp_path)
    assert measured.series == []
    profile = measured.profiles["w1 x 0.06"]
    parts = {"import of dagster", "event storing", "planned events", IMPORT_OURS}
    assert parts <= set(profile.main)
    # Some change with a release of Dagster: then benchmarks/parts.py is to be looked at.
    assert profile.main.get(REST, 0) < sum(profile.main.values()) / 4
    assert profile.workers
    assert "### Where the client's time goes: 6 tiny tables" in write(options.output, measured)
    # A later run keeps it.
    assert "part of the main thread" in write(options.output, Measured())


@pytest.mark.skipif(
    not (HERE / ".venvs/plot/installed").exists(), reason="matplotlib comes with `make bench`"
)
def test_time_against_scale_is_drawn(tmp_path: Path) -> None:
    every = [make_series("w3", scale, make_record("psql", 80 * scale)) for scale in (0.1, 1.0)]
    write(tmp_path, Measured(series=every))
    draw(tmp_path)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
