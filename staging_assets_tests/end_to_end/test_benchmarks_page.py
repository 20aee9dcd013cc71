"""What the benchmarks say in docs/performance.md, and what they measure for it alone."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.__main__ import measure, read_options
from benchmarks.changed import edit_leaf, run_changed
from benchmarks.growth import Curve, Point, measure_history, measure_tables, spell_curves
from benchmarks.measure import Usage
from benchmarks.page import DOCS, build_blocks, find_targets, write_page
from benchmarks.plan import plan, plan_curves, plan_spent
from benchmarks.results import Measured
from benchmarks.rounds import Record, Run, Series
from benchmarks.spent import find_kind, spell_spent, sum_spent
from benchmarks.tiny import make_tiny


def make_series(workload: str, scale: float, tables: int, **seconds: float) -> Series:
    records = {}
    for name, wall in seconds.items():
        run = Run(Usage(wall, wall / 2, 100.0 * scale, 0, 0), 1.0, 2.0, 0.0, 0.5, wall / 4)
        called = name.replace("_", "-")
        records[called] = Record(called, True, runs=[run], rows=round(4e6 * scale), statements=500)
    measured = "2026-11-26 01:00"
    return Series(workload, f"title of {workload}", scale, tables, measured, {}, records)


def make_curve(across: str, what: str, *points: tuple[int, float]) -> Curve:
    made = [Point(size, wall, wall / 2, 100.0) for size, wall in points]
    return Curve(across, what, "staging-assets plan", made)


def make_measured() -> Measured:
    return Measured(
        series=[
            make_series("w1", 1, 100, this_project=4, dbt=5, floor_same_log=3, sqlmesh=8),
            make_series("w2", 1, 42, this_project=12, dbt=10, ideal=9, floor_start=2, psql=48),
            make_series("w3", 0.1, 42, this_project=3, floor_same_log=2, psql=5),
            make_series("changed", 1, 100, this_project=2, dbt=4),
            make_series("changed", 10, 1000, this_project=3.5, dbt=14),
        ],
        spent={"w2 x 1": sum_spent("W2", 12, 20, [("analyze staging.a", 3.0, 7)])},
        curves=[
            make_curve("tables", "plan, nothing built", (100, 0.5), (1000, 5.0)),
            make_curve("runs", "one table is built", (1, 2.0), (500, 2.2)),
            make_curve("runs", "`import dagster`, to compare", (1, 1.25), (500, 1.25)),
        ],
    )


def read_cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]


def test_every_table_of_the_page_has_its_place_in_it() -> None:
    marks = re.findall(r"<!-- measured: (\w+) -->", (DOCS / "performance.md").read_text())
    assert sorted(marks) == sorted(build_blocks(Measured()))


def test_a_table_is_written_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- measured: one -->\nold\nolder\n<!-- end of one -->\n"
        "between\n<!-- measured: two -->\nkept\n<!-- end of two -->\nafter\n"
    )
    assert write_page(page, {"one": r"new \1", "two": ""}) == ["two"]
    assert page.read_text() == (
        "before\n<!-- measured: one -->\nnew \\1\n<!-- end of one -->\n"
        "between\n<!-- measured: two -->\nkept\n<!-- end of two -->\nafter\n"
    )
    with pytest.raises(ValueError, match="there is no <!-- measured: three -->"):
        write_page(page, {"three": "text"})


def test_figures_are_held_against_their_targets() -> None:
    found = {one.what: (round(one.figure, 2), one.is_met) for one in find_targets(make_measured())}
    assert found["W1, times dbt without keys"] == (0.8, True)
    assert found["W1, times SQLMesh"] == (0.5, None)
    assert found["W1, a table above that multi-asset, its SQL included"] == (10.0, True)
    assert found["W2, times as fast as psql"] == (4.0, True)
    assert found["W2 with all keys, times dbt without any"] == (1.2, False)
    assert found["W2, times the load by hand and Dagster's start"] == (1.09, False)
    assert found["one changed leaf of 1,000"] == (3.5, False)
    assert found["one changed leaf of 1,000, times dbt's `state:modified+`"] == (0.25, None)
    assert found["1,000 tables, plan, nothing built"] == (5.0, False)
    start = "a command that builds one table, CPU, times that of `import dagster`"
    assert found[start] == (1.6, True)
    assert found["the same after 500 runs, times after the first"] == (1.1, None)


def test_what_was_measured_is_told_in_tables() -> None:
    blocks = build_blocks(make_measured())
    cells = read_cells(blocks["medians"])
    assert ["**this project**", "**4.0 s**", "**12.0 s**"] in cells
    assert ["SQLMesh, no keys", "8.0 s", ""] in cells
    assert ["dbt, no keys", "4.0 s", "14.0 s", "2.0 s", "7.0 s"] in read_cells(blocks["changed"])
    assert ["plan, nothing built: `staging-assets plan`", "0.50", "5.00", "1.00", "1.00"] in (
        read_cells(blocks["tables"])
    )
    assert "Client memory: 10, 100 MB; exponent 1.00." in blocks["rows"]
    assert ["client CPU", "2.0 s", "6.0 s (24.0 s)"] in read_cells(blocks["costs"])
    # The server's profile is there for the target of W2 that is missed.
    assert "the server's time: W2 with all keys, times dbt without any" in blocks["profiles"]
    assert ["statistics (ANALYZE)", "3.00", "100", "7"] in read_cells(blocks["profiles"])


def test_who_was_missing_or_ended_with_other_rows_is_named_under_the_table() -> None:
    measured = make_measured()
    records = measured.series[0].records
    records["sqlmesh"] = Record(
        "sqlmesh", False, "missing: sqlmesh cannot be installed: no network"
    )
    records["dbt"].differences = ["table a has 2 rows, not 1"]
    text = build_blocks(measured)["medians"]
    assert "- W1, SQLMesh, no keys: missing: sqlmesh cannot be installed: no network" in text
    assert "- W1, dbt, no keys: ended with other rows or keys (table a has 2 rows, not 1)" in text


def test_results_come_back_as_they_were_and_new_ones_count() -> None:
    before = make_measured()
    again = Measured.from_json(json.loads(json.dumps(before.to_json())))
    assert build_blocks(again) == build_blocks(before)
    new = Measured(
        series=[make_series("w1", 1, 100, this_project=3)],
        curves=[make_curve("tables", "plan, nothing built"), make_curve("runs", "plan", (1, 1.0))],
    )
    merged = new.after(before)
    series = merged.find("w1")
    assert series is not None
    assert series.records["this-project"].wall == 3
    assert merged.find("changed", 100) is not None
    # A curve without points was begun and did not come to anything.
    curve = merged.find_curve("tables", "plan, nothing built")
    assert curve is not None
    assert [asdict(point)["wall"] for point in curve.points] == [0.5, 5.0]
    assert merged.find_curve("runs", "plan") is not None


def test_growth_is_told_with_its_exponents() -> None:
    curve = make_curve("tables", "plan", (10, 1.0), (100, 1.0), (1000, 10.0))
    cells = read_cells(spell_curves([curve], "tables"))
    assert cells[0] == ["seconds, by tables", "10", "100", "1,000", "exponent", "last step"]
    assert ["plan: `staging-assets plan`", "1.00", "1.00", "10.00", "0.50", "1.00"] in cells
    assert ["plan", "100", "100", "100", "0.00", "0.00"] in cells
    assert spell_curves([curve], "runs") == ""


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ('insert into "staging__build"."a" (b) select c from etl.d', "rows go in"),
        ("insert into staging.a select 1", "rows go in"),
        ('copy "staging__build"."a" ("b") from stdin', "rows go in"),
        ("alter table staging__build.a add constraint a_pkey primary key (b)", "primary keys"),
        ("create unique index a_b on staging__build.a (b)", "primary keys"),
        ("alter table a validate constraint a_b_fkey", "foreign keys validated"),
        (
            "alter table a add constraint f foreign key (b) references c not valid",
            "foreign keys ad",
        ),
        ("ANALYZE staging__build.a", "statistics"),
        ("create table staging__build.a (b int)", "tables made"),
        ("set local lock_timeout = $1", "transactions"),
        ("select relname from pg_catalog.pg_class", "questions"),
    ],
)
def test_statements_are_told_apart_by_what_they_do(statement: str, kind: str) -> None:
    assert find_kind(statement).startswith(kind)
    report = spell_spent(sum_spent("W2", 1, 2, [(statement, 0.5, 3), ("select 1", 0.5, 1)]))
    assert any(cells[0].startswith(kind) for cells in read_cells(report) if cells)


def test_the_page_is_planned_with_the_important_series_first() -> None:
    options = read_options(["--docs"])
    labels = [f"{one.name} {one.workload.label}" for one in plan(options)]
    assert labels == [
        "w1 w1 x 1",
        "w2 w2 x 1",
        "changed changed x 1",
        "changed changed x 10",
        "w4 w4 x 10",
        "w3 w3 x 0.1",
        "w3 w3 x 0.3",
        "w3 w3 x 3",
    ]
    assert plan_curves(options) == ["tables", "history"]
    assert [one.label for one in plan_spent(options)] == ["w2 x 1"]
    assert plan_spent(read_options([])) == []
    assert options.output.name == "docs"
    some = read_options(["--docs", "--workloads", "changed,history", "--share", "0.1"])
    assert [(one.name, len(one.workload.tables)) for one in plan(some)] == [
        ("changed", 10),
        ("changed", 100),
    ]
    assert plan_curves(some) == ["history"]
    assert plan_spent(some) == []
    assert plan_curves(read_options(["--quick"])) == []


def test_nothing_is_begun_when_the_time_is_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = read_options(["--docs", "--minutes", "0", "--output", str(tmp_path)])
    measured = measure(options, tmp_path)
    assert (measured.series, measured.curves, measured.profiles, measured.spent) == ([], [], {}, {})
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "w1 x 1: left out, 0 minutes are over"
    assert told[-1] == "growth, history: left out, 0 minutes are over"


@pytest.mark.server
def test_what_has_changed_is_built_and_nothing_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    workload = make_tiny("changed", 4)
    logs = tmp_path / "logs"
    series = run_changed(
        workload,
        ("this-project", "psql"),
        tmp_path,
        logs=logs,
        rounds=1,
        tell=lambda _: None,
    )
    record = series.records["this-project"]
    assert (record.state, record.differences, len(record.runs)) == ("ok", [], 1)
    assert record.rows == 12
    log = (logs / "this-project_0.log").read_text()
    assert log.startswith("1 to build; 4 as they are")
    assert series.records["psql"].state == "left out: it cannot tell what has changed"
    # Each round has a change of its own.
    first, second = (edit_leaf(workload, number).select for number in (0, 1))
    assert len({workload.tables[-1].select, first, second}) == 3


@pytest.mark.server
def test_commands_are_measured_with_runs_behind_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    told: list[str] = []
    curves = measure_history(tmp_path, tmp_path / "logs", [3], 1, told.append, ["plan"])
    assert [[point.size for point in curve.points] for curve in curves] == [[3]]
    history = tmp_path / "growth_history/home/dagster/history/runs"
    assert len([run for run in history.glob("*.db") if run.stem != "index"]) == 3


@pytest.mark.server
def test_commands_are_measured_with_more_and_more_tables(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    curves = measure_tables(tmp_path, tmp_path / "logs", [4], 1, lambda _: None, most_built=0)
    points = {curve.what: [point.size for point in curve.points] for curve in curves}
    assert points.pop("the definitions load") == points.pop("plan, nothing built") == [4]
    assert points
    assert not any(points.values())
