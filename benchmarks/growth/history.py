"""How this project's commands grow with the history: do they get slower after many runs?"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.contestants import Missing
from benchmarks.contestants.common import PROGRAMS, PYTHON, ROOT, WORKERS
from benchmarks.growth.curves import Curve, Place, activate
from benchmarks.server import BenchServer
from benchmarks.tiny import make_tiny

RUNS = (1, 50, 500)

# Key of a log: (what is done, the command as it is typed).
_COMMANDS = {
    "import": ("`import dagster`, to compare", 'python -c "import dagster"'),
    "one": (
        "one table is built",
        "dagster asset materialize --select staging/table_0000",
    ),
    "unchanged": ("nothing has changed", "staging-assets build --rebuild changed"),
    "plan": ("plan", "staging-assets plan"),
    "check": ("all checks", "staging-assets check"),
    "show": ("what is known of a table", "staging-assets show table_0000"),
    "report": ("the report of the last run", "staging-assets report -o -"),
}


def measure_history(
    work: Path,
    logs: Path,
    sizes: Sequence[int],
    rounds: int,
    tell: Callable[[str], None],
    names: Sequence[str] = tuple(_COMMANDS),
) -> list[Curve]:
    """Measure the commands with so many runs of two tables behind them.

    The runs are real ones, of the same assets and checks, one after the other in one process: a
    command for each would spend most of its time on its own start. Those that are measured are
    runs too and come on top.

    Args:
        sizes: numbers of runs, rising.
        rounds: how often each command runs.
        names: of commands, some of `_COMMANDS`.
    """
    curves = {name: Curve("runs", *_COMMANDS[name]) for name in names}
    folder = work / "growth_history"
    server = BenchServer(folder / "server")
    try:
        workload = make_tiny("w1", 2)
        written = workload.write(folder / "workload")
        server.load_template(workload.load)
        server.reset()
        home = folder / "home"
        environment = activate(server.url, written.sql, home, WORKERS)
        place = Place(environment, ROOT, logs / "growth_history")
        many = Place(
            {**environment, "DAGSTER_HOME": str(home / "dagster")}, ROOT, logs / "growth_history"
        )
        done = 0
        try:
            # The first makes the folder of the history.
            place.run(["staging-assets", "build"], "first", 1, 1)
            done = 1
            for size in sizes:
                tell(f"growth: {size:,} runs in the history")
                if size > done:
                    words: list[str | Path] = [PYTHON, PROGRAMS / "many_runs.py", str(size - done)]
                    many.run(words, "many", 1, size)
                    done = size
                for name, curve in curves.items():
                    point = place.run(shlex.split(curve.command), name, rounds, size)
                    curve.points.append(point)
                    tell(f"  {curve.what}: {point.wall:.2f} s, {point.peak_mb:.0f} MB")
        except Missing as missing:
            tell(f"  {missing}")
    finally:
        server.stop()
    return list(curves.values())
