"""Which series a run of the benchmarks takes, who takes part in each, and how often."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.changed import CHANGED
from benchmarks.contestants import CONTESTANTS
from benchmarks.events import make_events
from benchmarks.found import find_chicago
from benchmarks.tiny import make_tiny
from benchmarks.workload import Workload

EVERYONE = tuple(CONTESTANTS)
SERIES = ("w1", "w2", "w3", "w4", "w5", CHANGED)
CURVES = ("tables", "history")
WORKLOADS = (*SERIES, *CURVES)
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
# Who can tell what has changed; dbt's other ways do so in the same way.
CHANGING = ("dbt", "sqlmesh", "this-project")
# How cost grows: one that reads scripts, one that is told everything, the fixed cost, and ours.
GROWING = ("psql", "ideal", "ideal-no-wal", "floor-same-log", "this-project")
SCALES = (0.1, 0.3, 1.0, 3.0)
# Seconds a table of these, as measured with 100 tables. With 1,000 their turns would take most of
# the time of the whole run.
SLOW_WITH_MANY = {
    "luigi": 0.07,
    "plain-dagster": 1.7,
    "dbt-cold": 0.09,
    "dbt-enforced": 0.08,
    "dagster-dbt": 0.15,
    "dagster-dbt-enforced": 0.17,
    "dagster-dbt-in-process-enforced": 0.17,
}
MANY = 500
# For the page in half an hour. Who is slow and not compared with anybody there has no turn.
DOCS_MINUTES = 29.0
DOCS_TINY = {"plain-dagster": "takes two minutes"}
DOCS_EVENTS = dict.fromkeys(
    ("plain-dagster", "luigi", "dbt-cold", "floor", "dagster-dbt-enforced"),
    "takes long, and little of that is its own",
)
DOCS_MANY = ("psql", "ideal-no-wal", "dbt", "floor-same-log", "floor-start", "this-project")
DOCS_SCALES = {0.1: 2, 0.3: 1, 3.0: 1}
DOCS_GROWING = ("psql", "ideal-no-wal", "dbt", "floor-same-log", "this-project")
PSQL_MOST_SCALE = 1.0


@dataclass(frozen=True)
class Planned:
    """One series to run.

    Args:
        left_out: contestants that have no turn, and why.
        changed: whether one changed leaf is built, and not everything.
        most_seconds: who takes longer runs once only.
    """

    workload: Workload
    contestants: tuple[str, ...]
    rounds: int
    most_seconds: float = 60.0
    left_out: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False

    @property
    def name(self) -> str:
        """Of the workload, as it is asked for."""
        return CHANGED if self.changed else self.workload.name


def plan(options: argparse.Namespace) -> list[Planned]:
    """Return the series that were asked for.

    Whoever is named with `--contestants` takes part, in the order given, also where the full
    run leaves it out.
    """
    chosen = split(options.workloads)
    contestants = tuple(split(options.contestants))
    if options.quick:
        series = _plan_quick(options)
    else:
        series = _plan_docs(options) if options.docs else _plan_all(options, chosen)
    return [
        replace(
            one,
            contestants=contestants or one.contestants,
            rounds=options.rounds or one.rounds,
            left_out={} if contestants else one.left_out,
        )
        for one in series
        if not chosen or one.name in chosen
    ]


def plan_curves(options: argparse.Namespace) -> list[str]:
    """Which of `CURVES` are measured: those that are named, else all but in a quick run."""
    if options.profile:
        return []
    chosen = split(options.workloads) or ([] if options.quick else list(CURVES))
    return [name for name in CURVES if name in chosen]


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
    tables = _share(100, options.share)
    found = {
        "w1": lambda: make_tiny("w1", options.tables or tables),
        "w2": lambda: make_events("w2", options.scale or 1.0),
        "w3": lambda: make_events("w3", options.scale or 0.1),
        "w4": lambda: make_tiny("w4", options.tables or 1000),
        "w5": find_chicago,
    }
    workloads = (found[name]() for name in chosen if name in found)
    return [workload for workload in workloads if workload is not None]


def plan_spent(options: argparse.Namespace) -> list[Workload]:
    """The workloads whose time on the server is taken apart: w2, where the page shows it."""
    if options.no_profile or not (options.docs or options.profile):
        return []
    if "w2" not in (split(options.workloads) or (["w2"] if options.docs else [])):
        return []
    return [make_events("w2", (options.scale or 1.0) * options.share)]


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
        *_plan_changed(options, {100: 5, 1000: 3}),
    ]
    if (chicago := find_chicago()) is not None:
        series.append(Planned(chicago, EVERYONE, 3))
    return series


def _plan_docs(options: argparse.Namespace) -> list[Planned]:
    """The page's tables, the more important ones first."""
    tables, scale, share = options.tables, options.scale or 1.0, options.share
    tiny = tuple(name for name in EVERYONE if name not in DOCS_TINY)
    events = tuple(name for name in EVERYONE if name not in DOCS_EVENTS)
    scales = {one * share: rounds for one, rounds in DOCS_SCALES.items()}
    return [
        Planned(make_tiny("w1", tables or _share(100, share)), tiny, 3, 8.0, DOCS_TINY),
        Planned(make_events("w2", scale * share), events, 3, 16.0, DOCS_EVENTS),
        *_plan_changed(options, {_share(100, share): 3, _share(1000, share): 2}),
        Planned(make_tiny("w4", tables or _share(1000, share)), DOCS_MANY, 1),
        *(
            Planned(
                make_events("w3", one),
                DOCS_GROWING if one <= PSQL_MOST_SCALE * share else DOCS_GROWING[1:],
                rounds,
            )
            for one, rounds in scales.items()
        ),
    ]


def _plan_changed(options: argparse.Namespace, rounds: Mapping[int, int]) -> list[Planned]:
    """One series for each number of tables, with its rounds."""
    sizes = {options.tables: max(rounds.values())} if options.tables else rounds
    return [
        Planned(make_tiny(CHANGED, size), CHANGING, turns, changed=True)
        for size, turns in sizes.items()
    ]


def _share(size: int, share: float) -> int:
    """So much of a number of tables; at least four."""
    return max(4, round(size * share))


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
