"""Runs contestants in turn on one workload, from the same start, and keeps what was measured."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, Command, Contestant, Missing, Setup
from benchmarks.equality import Outcome, find_differences, read_outcome
from benchmarks.measure import Usage, run_measured
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
    """

    usage: Usage
    server_cpu: float
    wal_mb: float
    checkpoint: float
    load: float


@dataclass
class Record:
    """All that is known of one contestant on one workload.

    Args:
        state: "ok", or why there is nothing to compare: "missing: ...", "failed: ...".
        statements, connections: of one further run, counted by the server; None when not counted.
        rows: of all its tables.
        differences: from what the first contestant left behind.
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

    def median(self, figure: Callable[[Run], float]) -> float | None:
        return statistics.median(map(figure, self.runs)) if self.runs else None


@dataclass
class Series:
    """What was measured on one workload, and when it began (UTC)."""

    workload: str
    title: str
    scale: float
    tables: int
    measured: str
    settings: dict[str, str]
    records: dict[str, Record]

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
    count: bool = True,
    most_seconds: float = 60.0,
) -> Series:
    """Run the contestants in turn, `rounds` times, on a fresh server.

    Args:
        names: of contestants, in the order in which they take turns; the first that builds tables
            is what the others' rows and keys are compared with.
        folder: of this series; scripts and the server's data go there.
        logs: folder for what the contestants print.
        count: whether each runs once more with the server's log on, to count statements.
        most_seconds: who takes longer than this runs in the first round only.
    """
    server = BenchServer(folder / "server")
    try:
        tell(f"{workload.label}: {workload.title}")
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
        turns = Turns(series, Setup(workload, place, written, server), logs, tell)
        for number in range(rounds):
            for name in names:
                record = series.records[name]
                slow = (record.wall or 0) > most_seconds
                if record.state == "ok" and not (number and slow):
                    turns.run(CONTESTANTS[name], number)
        for name in names if count else ():
            if series.records[name].state == "ok" and CONTESTANTS[name].builds:
                turns.count(CONTESTANTS[name])
        return series
    finally:
        server.stop()


class Turns:
    """Gives each contestant its turn and compares what it leaves behind."""

    def __init__(self, series: Series, setup: Setup, logs: Path, tell: Tell) -> None:
        self._series, self._setup, self._logs, self._tell = series, setup, logs, tell
        self._commands: dict[str, Command] = {}
        self._expected: Outcome | None = None

    def run(self, contestant: Contestant, number: int) -> None:
        """Run it once, measured."""
        record, server = self._series.records[contestant.name], self._setup.server
        command = self._prepare(contestant)
        if command is None:
            return
        server.reset()
        load, cpu, wal = os.getloadavg()[0], server.cpu_seconds(), server.wal_bytes()
        log = self._logs / f"{contestant.name.replace(' ', '_')}_{number}.log"
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
        record.runs.append(Run(usage, cpu, wal / 2**20, checkpoint, load))
        self._tell(f"  {contestant.name}: {usage.wall:.2f} s (load {load:.1f})")
        if contestant.builds:
            self._compare(contestant, record, hashes=number == 0)

    def count(self, contestant: Contestant) -> None:
        """Run it once more, with statements and connections counted by the server's log."""
        record, command = self._series.records[contestant.name], self._commands[contestant.name]
        self._setup.server.reset()
        log = self._logs / f"{contestant.name.replace(' ', '_')}_counted.log"
        with self._setup.server.counting() as counts:
            usage = run_measured(command.words, command.environment, command.folder, log)
        if usage.code == 0:
            record.statements, record.connections = counts["statements"], counts["connections"]

    def _prepare(self, contestant: Contestant) -> Command | None:
        name = contestant.name
        if name not in self._commands:
            try:
                self._commands[name] = contestant.prepare(self._setup)
            except Missing as missing:
                self._series.records[name].state = f"missing: {missing}"
                self._tell(f"  {name}: missing: {missing}")
                return None
        return self._commands[name]

    def _compare(self, contestant: Contestant, record: Record, *, hashes: bool) -> None:
        with closing(self._setup.server.connect()) as connection:
            outcome = read_outcome(connection, hashes=hashes)
        record.rows = outcome.total
        if self._expected is None:
            self._expected = outcome
            return
        keys = contestant.keys
        differences = find_differences(self._expected, outcome, keys=keys)
        record.differences = sorted({*record.differences, *differences})
        if differences:
            self._tell(f"    differs: {differences[0]} ({len(differences)} in all)")
