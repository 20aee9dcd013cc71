"""What a server far away costs: W1 built, and built again when nothing has changed.

The packets to a server of this machine are held back (`proxy`), so that each round trip takes as
long as it would between two machines, or two cities.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestants.common import PYTHON, ROOT, clean_environment
from benchmarks.measure import read_step_seconds, run_measured
from benchmarks.proxy import run_proxy
from benchmarks.server import DATABASE, BenchServer
from benchmarks.tables import spell_table
from benchmarks.tiny import make_tiny

ROUND_TRIPS = (0.0, 5.0, 20.0)
"""Milliseconds: the same machine, the same region, another country."""

_UNCHANGED = {"ops": {"staging_build": {"config": {"rebuild": "changed"}}}}


@dataclass(frozen=True)
class Far:
    """One command at a distance.

    Args:
        round_trip: in milliseconds.
        run: `build` or `nothing changed`.
        tables: how many there are.
        wall: seconds of the whole command.
        step: seconds of the step that builds.
        statements, trips, connections: what went through the proxy.
    """

    round_trip: float
    run: str
    tables: int
    wall: float
    step: float | None
    statements: int
    trips: int
    connections: int


def measure_distance(
    work: Path,
    logs: Path,
    tell: Callable[[str], None],
    *,
    tables: int = 100,
    round_trips: Iterable[float] = ROUND_TRIPS,
) -> list[Far]:
    """Build a workload of tiny tables at each distance, and again with nothing changed.

    Args:
        work: a folder to write in.
        logs: where what the commands print goes.
        tell: called with a line for each command.
        tables: how many.
        round_trips: milliseconds each.

    Raises RuntimeError when a command fails.
    """
    workload = make_tiny("w1", tables)
    folder = work / f"distance_{tables}"
    written = workload.write(folder / "workload")
    server = BenchServer(folder / "server")
    found = []
    try:
        server.load_template(workload.load)
        for round_trip in round_trips:
            server.reset()
            for run, config in (("build", None), ("nothing changed", _UNCHANGED)):
                with run_proxy(f"{server.sockets}/.s.PGSQL.5432", round_trip / 1000) as proxied:
                    port, traffic = proxied
                    environment = clean_environment(
                        STAGING_DATABASE_URL=(
                            f"postgresql://postgres@127.0.0.1:{port}/{DATABASE}?sslmode=disable"
                        ),
                        STAGING_SQL_DIR=str(written.sql),
                        STAGING_DEPARTMENT=workload.department,
                        STAGING_HOME=str(folder / "home"),
                        **workload.environment,
                    )
                    words = [PYTHON.parent / "dagster", "asset", "materialize"]
                    words += ["--select", "staging/*", "-m", "staging_assets.definitions"]
                    words += ["--config-json", json.dumps(config)] if config else []
                    log = logs / f"{round_trip:g} ms {run}.log"
                    usage = run_measured(words, environment, ROOT, log)
                if usage.code:
                    raise RuntimeError(f"{run} at {round_trip:g} ms has failed, see {log}")
                far = Far(
                    round_trip=round_trip,
                    run=run,
                    tables=tables,
                    wall=usage.wall,
                    step=read_step_seconds(log),
                    statements=traffic.statements,
                    trips=traffic.trips,
                    connections=traffic.connections,
                )
                tell(f"  {round_trip:g} ms, {run}: {far.wall:.1f} s, {far.trips} round trips")
                found.append(far)
    finally:
        server.stop()
    return found


def spell_distance(found: Sequence[Far]) -> str:
    """The report's table."""
    rows = [
        [
            *("round trip", "run", "whole command s", "step s", "statements", "round trips"),
            *("statements a table", "round trips a table", "connections"),
        ]
    ]
    rows += [
        [
            f"{far.round_trip:g} ms",
            far.run,
            f"{far.wall:.1f}",
            "" if far.step is None else f"{far.step:.1f}",
            f"{far.statements}",
            f"{far.trips}",
            f"{far.statements / far.tables:.1f}",
            f"{far.trips / far.tables:.1f}",
            f"{far.connections}",
        ]
        for far in found
    ]
    title = f"### At a distance: W1 with {found[0].tables} tables, the default number of workers"
    return "\n".join([title, "", *spell_table(rows)])


def to_json(found: Sequence[Far]) -> list[dict[str, Any]]:
    """For results.json."""
    return [asdict(far) for far in found]


def from_json(found: Sequence[dict[str, Any]]) -> list[Far]:
    """As they were written by `to_json`."""
    return [Far(**far) for far in found]
