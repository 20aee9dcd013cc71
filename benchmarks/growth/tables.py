"""How this project's commands grow with the number of tables."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.contestants import Missing
from benchmarks.contestants.common import ROOT, WORKERS
from benchmarks.growth.curves import Curve, Place, activate
from benchmarks.server import BenchServer
from benchmarks.tiny import make_tiny

TABLES = (100, 300, 1000, 10_000)
MOST_BUILT = 1000
"""Above this, tables are loaded and planned, and not built: Dagster's events would take long."""

# Key of a log: (what is done, the command as it is typed).
_BEFORE = {
    "definitions": ("the definitions load", 'python -c "import staging_assets.definitions"'),
    "plan": ("plan, nothing built", "staging-assets plan"),
}
_BUILD = {"build": ("everything is built", "staging-assets build")}
_AFTER = {
    "unchanged": ("nothing has changed", "staging-assets build --rebuild changed"),
    "plan_unchanged": ("plan, nothing has changed", "staging-assets plan"),
    "check": ("all checks", "staging-assets check"),
}


def measure_tables(
    work: Path,
    logs: Path,
    sizes: Sequence[int],
    rounds: int,
    tell: Callable[[str], None],
    most_built: int = MOST_BUILT,
) -> list[Curve]:
    """Measure the commands with trees of so many tiny tables.

    Args:
        rounds: how often each runs; building everything runs once.
        most_built: trees of more tables are loaded and planned only.
    """
    every = {**_BEFORE, **_BUILD, **_AFTER}
    curves = {name: Curve("tables", what, command) for name, (what, command) in every.items()}
    server = BenchServer(work / "growth_tables" / "server")
    try:
        for size in sizes:
            tell(f"growth: {size:,} tables")
            place = _prepare(server, work / "growth_tables" / str(size), size, logs)
            names = list(every if size <= most_built else _BEFORE)
            for name in names:
                try:
                    turns = 1 if name in _BUILD else rounds
                    point = place.run(shlex.split(every[name][1]), name, turns, size)
                except Missing as missing:
                    tell(f"  {missing}")
                    break
                curves[name].points.append(point)
                tell(f"  {every[name][0]}: {point.wall:.2f} s, {point.peak_mb:.0f} MB")
    finally:
        server.stop()
    return list(curves.values())


def _prepare(server: BenchServer, folder: Path, size: int, logs: Path) -> Place:
    workload = make_tiny("w4", size)
    written = workload.write(folder)
    server.load_template(workload.load)
    server.reset()
    environment = activate(server.url, written.sql, folder / "home", WORKERS)
    return Place(environment, ROOT, logs / "growth_tables")
