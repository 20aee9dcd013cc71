"""Runs contestants in turn on one workload, from the same start, and keeps what was measured."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, Command, Contestant, Missing, Setup
from benchmarks.equality import Outcome, find_differences, read_outcome
from benchmarks.measure import Usage, read_step_seconds, run_measured
from benchmarks.server import BenchServer
from benchmarks.workload import Workload

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One run of one contestant.

    Args:
        usage: of the client.
        server_cpu: seconds of all server processes.
        wal_mb: write-ahead log that it caused.
        checkpoint: seconds that a checkpoint took right after it: what it left to be written.
        load: processes that wanted to run, just before it, by the kernel's average of a minute.
        step: seconds of Dagster's step `staging_build` in it, where it has one.
    """

    usage: Usage
    server_cpu: float
    wal_mb: float
    checkpoint: float
    load: float
    step: float | None = None


@dataclass
class Record:
    """All that is known of one contestant on one workload.

    Args:
        state: "ok", or why there is nothing to compare: "missing: ...", "failed: ..." or
            "left out: ...".
        statements, connections: of its first run, counted by the server; None when not counted.
        rows: of all its tables.
        differences: from what the contestant `Series.reference` left behind.
    """

    contestant: str
    keys: bool
    state: str = "ok"
    runs: list[Run] = field(default_factory=list)
    statements: int | None = None
    connections: int | None = None
    rows: int | None = None
    differences: list[str] = field(default_factory=list)

    @property
    def wall(self) -> float | None:
        """Median seconds."""
        return self.median(lambda run: run.usage.wall)

    @property
    def step(self) -> float | None:
        """Median seconds of Dagster's step `staging_build`."""
        seconds = [run.step for run in self.runs if run.step is not None]
        return statistics.median(seconds) if seconds else None

    def median(self, figure: Callable[[Run], float]) -> float | None:
        return statistics.median(map(figure, self.runs)) if self.runs else None


@dataclass
class Series:
    """What was measured on one workload, and when it began (UTC).

    Args:
        reference: the contestant with whose rows and keys the others' were compared; "" for none.
    """

    workload: str
    title: str
    scale: float
    tables: int
    measured: str
    settings: dict[str, str]
    records: dict[str, Record]
    reference: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(told: dict[str, Any]) -> Series:
        """The way back from `to_json`."""
        records = {}
        for name, record in told["records"].items():
            runs = [Run(**{**run, "usage": Usage(**run["usage"])}) for run in record["runs"]]
            records[name] = Record(**{**record, "runs": runs})
        return Series(**{**told, "records": records})


def run_series(
    workload: Workload,
    names: Sequence[str],
    folder: Path,
    *,
    logs: Path,
    rounds: int,
    tell: Tell,
    left_out: Mapping[str, str] | None = None,
    count: bool = True,
    most_seconds: float = 60.0,
) -> Series:
    """Run the contestants in turn, `rounds` times, on a fresh server.

    Args:
        names: of contestants, in the order in which they take turns.
        folder: of this series; scripts and the server's data go there.
        logs: folder for what the contestants print.
        left_out: contestants that have no turn, and the reason.
        count: whether the server logs statements and connections in the first round, to count
            them. That costs it about 20 microseconds each.
        most_seconds: who takes longer than this runs in the first round only.
    """
    server = BenchServer(folder / "server")
    try:
        tell(f"  {workload.title}")
        place = folder / "workload"
        written = workload.write(place)
        server.load_template(workload.load)
        series = Series(
            workload=workload.name,
            title=workload.title,
            scale=workload.scale,
            tables=len(written.steps),
            measured=time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
            settings=server.settings(),
            records={name: Record(name, CONTESTANTS[name].keys) for name in names},
        )
        for name, why in (left_out or {}).items():
            state = f"left out: {why}"
            series.records[name] = Record(name, CONTESTANTS[name].keys, state)
            tell(f"  {name}: {state}")
        turns = Turns(series, Setup(workload, place, written, server), logs, tell)
        for number in range(rounds):
            for name in names:
                record = series.records[name]
                slow = (record.wall or 0) > most_seconds
                if record.state == "ok" and not (number and slow):
                    turns.run(CONTESTANTS[name], number, count=count and not number)
        compare(series, turns.outcomes, tell)
        return series
    finally:
        server.stop()


class Turns:
    """Gives each contestant its turn.

    `outcomes` holds what each has left behind, run after run.
    """

    def __init__(self, series: Series, setup: Setup, logs: Path, tell: Tell) -> None:
        self._series, self._setup, self._logs, self._tell = series, setup, logs, tell
        self._commands: dict[str, Command] = {}
        self.outcomes: dict[str, list[Outcome]] = {}

    def run(self, contestant: Contestant, number: int, *, count: bool) -> None:
        """Run it once, measured."""
        record, server = self._series.records[contestant.name], self._setup.server
        command = self._prepare(contestant)
        if command is None:
            return
        server.reset()
        log = self._logs / f"{contestant.name}_{number}.log"
        load = os.getloadavg()[0]
        with server.counting() if count and contestant.builds else nullcontext({}) as counts:
            cpu, wal = server.cpu_seconds(), server.wal_bytes()
            usage = run_measured(command.words, command.environment, command.folder, log)
            server.await_quiet()
            cpu, wal = server.cpu_seconds() - cpu, server.wal_bytes() - wal
        start = time.monotonic()
        server.query("checkpoint")
        checkpoint = time.monotonic() - start
        if usage.code != 0:
            record.state = f"failed: exit code {usage.code}, see {log}"
            self._tell(f"  {contestant.name}: {record.state}")
            return
        run = Run(usage, cpu, wal / 2**20, checkpoint, load, read_step_seconds(log))
        record.runs.append(run)
        if counts:
            record.statements, record.connections = counts["statements"], counts["connections"]
        self._tell(f"  {contestant.name}: {usage.wall:.2f} s (load {load:.1f})")
        if contestant.builds:
            with closing(server.connect()) as connection:
                outcome = read_outcome(connection, hashes=number == 0)
            record.rows = outcome.total
            self.outcomes.setdefault(contestant.name, []).append(outcome)

    def _prepare(self, contestant: Contestant) -> Command | None:
        name = contestant.name
        if name not in self._commands:
            try:
                self._commands[name] = contestant.prepare(self._setup)
            except Missing as missing:
                state = f"{missing.word}: {missing}"
                self._series.records[name].state = state
                self._tell(f"  {name}: {state}")
                return None
        return self._commands[name]


def compare(series: Series, outcomes: Mapping[str, Sequence[Outcome]], tell: Tell) -> None:
    """Compare what all have left behind with what one contestant has: `series.reference`.

    That is the first with tables and keys, whatever the order of turns. Where nobody makes keys
    it is the first with tables, and only rows are compared.
    """
    builders = sorted(outcomes, key=lambda name: not series.records[name].keys)
    if not builders:
        return
    series.reference = builders[0]
    expected = outcomes[builders[0]][0]
    for name in builders:
        record, found = series.records[name], set[str]()
        for outcome in outcomes[name]:
            found.update(find_differences(expected, outcome, keys=record.keys))
        record.differences = sorted(found)
        if found:
            first = record.differences[0]
            tell(f"  {name} differs from {builders[0]}: {first} ({len(found)} in all)")
