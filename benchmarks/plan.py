"""Which series a run of the benchmarks takes, who takes part in each, and how often."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.contestants import CONTESTANTS
from benchmarks.events import make_events
from benchmarks.found import find_chicago
from benchmarks.tiny import make_tiny
from benchmarks.workload import Workload

EVERYONE = tuple(CONTESTANTS)
WORKLOADS = ("w1", "w2", "w3", "w4", "w5")
QUICK_TINY = tuple(name for name in EVERYONE if name != "plain-dagster")
QUICK_EVENTS = (
    "psql",
    "ideal",
    "ideal-no-wal",
    "luigi",
    "dbt",
    "dbt-enforced",
    "floor-same-log",
    "this-project",
)
# How cost grows: one that reads scripts, one that is told everything, the fixed cost, and ours.
GROWING = ("psql", "ideal", "ideal-no-wal", "floor-same-log", "this-project")
SCALES = (0.1, 0.3, 1.0, 3.0)
# Seconds a table of these, as measured with 100 tables. With 1,000 their turns would take most of
# the time of the whole run.
SLOW_WITH_MANY = {"luigi": 0.07, "plain-dagster": 1.7, "dbt-cold": 0.09, "dbt-enforced": 0.08}
MANY = 500


@dataclass(frozen=True)
class Planned:
    """One series to run.

    Args:
        left_out: contestants that have no turn, and why.
        most_seconds: who takes longer runs once only.
    """

    workload: Workload
    contestants: tuple[str, ...]
    rounds: int
    most_seconds: float = 60.0
    left_out: Mapping[str, str] = field(default_factory=dict)


def plan(options: argparse.Namespace) -> list[Planned]:
    """Return the series that were asked for.

    Whoever is named with `--contestants` takes part, in the order given, also where the full
    run leaves it out.
    """
    chosen = split(options.workloads)
    contestants = tuple(split(options.contestants))
    series = _plan_quick(options) if options.quick else _plan_all(options, chosen)
    return [
        Planned(
            one.workload,
            contestants or one.contestants,
            options.rounds or one.rounds,
            one.most_seconds,
            {} if contestants else one.left_out,
        )
        for one in series
        if not chosen or one.workload.name in chosen
    ]


def plan_profiles(options: argparse.Namespace) -> list[Workload]:
    """The workloads in which this project's time is taken apart.

    With `--profile` those that are named, else w1; in a full run w1, when it takes part and this
    project with it.
    """
    chosen, contestants = split(options.workloads) or ["w1"], split(options.contestants)
    if not options.profile:
        ours = not contestants or "this-project" in contestants
        wanted = ours and not options.quick and not options.no_profile
        chosen = ["w1"] if wanted and "w1" in chosen else []
    found = {
        "w1": lambda: make_tiny("w1", options.tables or 100),
        "w2": lambda: make_events("w2", options.scale or 1.0),
        "w3": lambda: make_events("w3", options.scale or 0.1),
        "w4": lambda: make_tiny("w4", options.tables or 1000),
        "w5": find_chicago,
    }
    workloads = (found[name]() for name in chosen)
    return [workload for workload in workloads if workload is not None]


def split(text: str | None) -> list[str]:
    """The words between commas."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _plan_quick(options: argparse.Namespace) -> list[Planned]:
    return [
        Planned(make_tiny("w1", options.tables or 100), QUICK_TINY, 1),
        Planned(make_events("w2", options.scale or 0.1), QUICK_EVENTS, 1),
    ]


def _plan_all(options: argparse.Namespace, chosen: Sequence[str]) -> list[Planned]:
    scale = options.scale or 1.0
    # W2 is a point of W3's curve: it is not measured twice.
    done = {scale} if not chosen or "w2" in chosen else set()
    scales = tuple(map(float, split(options.scales))) or SCALES
    series = [
        Planned(make_tiny("w1", options.tables or 100), EVERYONE, 5),
        Planned(make_events("w2", scale), EVERYONE, 3),
        *(Planned(make_events("w3", one), GROWING, 3) for one in scales if one not in done),
        _plan_many(options.tables or 1000),
    ]
    if (chicago := find_chicago()) is not None:
        series.append(Planned(chicago, EVERYONE, 3))
    return series


def _plan_many(tables: int) -> Planned:
    left_out = {
        name: f"would take about {_spell(seconds * tables)}"
        for name, seconds in SLOW_WITH_MANY.items()
        if tables >= MANY
    }
    names = tuple(name for name in EVERYONE if name not in left_out)
    # A floor that runs once would be a poor divisor.
    return Planned(make_tiny("w4", tables), names, 3, 120.0, left_out)


def _spell(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes >= 1.5 else f"{seconds:.0f} s"
