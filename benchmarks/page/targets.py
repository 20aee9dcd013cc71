"""What was measured against what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.growth import ABOVE, find_exponent, find_growing, find_points
from benchmarks.results import Measured

OURS = "this-project"
CLIENT, SERVER = "client", "server"


@dataclass(frozen=True)
class Target:
    """One figure.

    Args:
        most, least: what it may be; both None where there is no target.
        unit: "", "s", "ms" or "MB".
        profile: whose time is to be looked at where it is missed: `CLIENT` or `SERVER`.
    """

    what: str
    figure: float
    most: float | None = None
    least: float | None = None
    unit: str = ""
    profile: str = CLIENT

    @property
    def is_met(self) -> bool | None:
        """None where there is no target."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.figure <= self.most) and (
            self.least is None or self.figure >= self.least
        )

    def row(self) -> list[str]:
        """What, measured, target, whether it is met."""
        unit = f" {self.unit}" if self.unit else ""
        form = ".0f" if self.unit == "MB" else ".1f" if self.figure >= 10 else ".2f"
        wanted = [
            f"{word} {bound:g}{unit}"
            for word, bound in (("at most", self.most), ("at least", self.least))
            if bound is not None
        ]
        met = {True: "yes", False: "**no**", None: ""}[self.is_met]
        return [self.what, f"{self.figure:{form}}{unit}", " and ".join(wanted), met]


def find_targets(measured: Measured) -> list[Target]:
    """All that can be told of what was measured."""
    return [
        *_find_tiny(measured),
        *_find_bulk(measured),
        *_find_many(measured),
        *_find_changed(measured),
        *_find_curves(measured),
    ]


def _walls(measured: Measured, workload: str) -> dict[str, float]:
    """Contestant to median seconds; empty where this project took no part."""
    series = measured.find(workload)
    if series is None:
        return {}
    walls = {name: record.wall for name, record in series.records.items() if record.wall}
    return walls if OURS in walls else {}


def _find_tiny(measured: Measured) -> Iterator[Target]:
    walls = _walls(measured, "w1")
    if not walls:
        return
    ours, series = walls[OURS], measured.find("w1")
    assert series is not None
    for name, what, most in (
        ("dbt", "W1, times dbt without keys", 0.9),
        ("dagster-dbt-in-process", "W1, times dagster-dbt without keys, in process", None),
        ("sqlmesh", "W1, times SQLMesh", None),
        ("floor", "W1, times a multi-asset that does nothing", 1.2),
        ("floor-same-log", "W1, times that multi-asset with this project's event log", None),
    ):
        if name in walls:
            yield Target(what, ours / walls[name], most)
    if "floor-same-log" in walls:
        above = (ours - walls["floor-same-log"]) / series.tables * 1000
        yield Target("W1, a table above that multi-asset, its SQL included", above, 20, unit="ms")
    if statements := series.records[OURS].statements:
        what = "W1, messages with statements, divided by the number of tables"
        yield Target(what, statements / series.tables, 6)


def _find_bulk(measured: Measured) -> Iterator[Target]:
    walls = _walls(measured, "w2")
    if not walls:
        return
    ours, series = walls[OURS], measured.find("w2")
    assert series is not None
    if "psql" in walls:
        yield Target("W2, times as fast as psql", walls["psql"] / ours, None, 3, profile=SERVER)
    if "dbt" in walls:
        what = "W2 with all keys, times dbt without any"
        yield Target(what, ours / walls["dbt"], 1.0, profile=SERVER)
    if "dbt-enforced" in walls:
        what = "W2, times dbt with the same keys"
        yield Target(what, ours / walls["dbt-enforced"], profile=SERVER)
    if "ideal" in walls and "floor-start" in walls:
        what = "W2, times the load by hand and Dagster's start"
        most = walls["ideal"] + walls["floor-start"]
        yield Target(what, ours / most, 1.05, profile=SERVER)
    if (step := series.records[OURS].step) and "ideal-no-wal" in walls:
        what = "W2, the step that builds, times the load by hand without write-ahead log"
        yield Target(what, step / walls["ideal-no-wal"], profile=SERVER)
    growing = find_points(find_growing(measured.series))
    for name, what in ((OURS, "the whole command"), (ABOVE, "what is above its fixed cost")):
        if name in growing:
            yield Target(
                f"W3, exponent of time over rows, {what}",
                find_exponent(growing[name]),
                1.0,
                profile=SERVER,
            )


def _find_many(measured: Measured) -> Iterator[Target]:
    walls = _walls(measured, "w4")
    if not walls:
        return
    yield Target("W4", walls[OURS], 25, unit="s")
    for name, what in (
        ("dbt", "W4, times dbt without keys"),
        ("floor-same-log", "W4, times a multi-asset that does nothing, with this event log"),
    ):
        if name in walls:
            yield Target(what, walls[OURS] / walls[name])


def _find_changed(measured: Measured) -> Iterator[Target]:
    walls, series = _walls(measured, "changed"), measured.find("changed")
    if not walls or series is None:
        return
    what = f"one changed leaf of {series.tables:,}"
    yield Target(what, walls[OURS], 3, unit="s")
    for name, who in (("dbt", "dbt's `state:modified+`"), ("sqlmesh", "SQLMesh's plan and apply")):
        if name in walls:
            yield Target(f"{what}, times {who}", walls[OURS] / walls[name])


def _find_curves(measured: Measured) -> Iterator[Target]:
    for what, most in (("plan, nothing built", 1.0), ("the definitions load", 3.0)):
        curve = measured.find_curve("tables", what)
        if curve is not None and (point := curve.find(1000)) is not None:
            yield Target(f"1,000 tables, {what}", point.wall, most, unit="s")
    one = measured.find_curve("runs", "one table is built")
    dagster = measured.find_curve("runs", "`import dagster`, to compare")
    if one is not None and dagster is not None and one.points and dagster.points:
        what = "a command that builds one table, CPU, times that of `import dagster`"
        yield Target(what, one.points[0].cpu / dagster.points[0].cpu, 1.8)
        if len(one.points) > 1:
            what = f"the same after {one.points[-1].size:,} runs, times after the first"
            yield Target(what, one.points[-1].wall / one.points[0].wall)
    peaks = [
        run.usage.peak_mb
        for series in measured.series
        if OURS in series.records
        for run in series.records[OURS].runs
    ]
    if peaks:
        yield Target("client memory, the most of all workloads", max(peaks), 400, unit="MB")
