"""One leaf of many tables has changed: what does the command cost that builds what has changed?

Each contestant builds everything once, untimed, into a database of its own, which waits under
another name while the others have their turns. Then, in every round, the last table's SELECT is
written anew, and the command is timed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.contestants import CONTESTANTS, Changing, Missing, Setup
from benchmarks.contestants.common import Changes
from benchmarks.equality import Outcome, read_outcome
from benchmarks.measure import read_step_seconds, run_measured
from benchmarks.rounds import Record, Run, Series, Tell, compare
from benchmarks.server import BenchServer
from benchmarks.workload import Table, Workload

CHANGED = "changed"


def edit_leaf(workload: Workload, number: int) -> Table:
    """The last table of tiny ones, which no other reads, with a label of its own each time."""
    leaf = workload.tables[-1]
    return replace(leaf, select=leaf.select.replace("s.label", f"s.label || ', edit {number}'", 1))


def run_changed(
    workload: Workload,
    names: Sequence[str],
    folder: Path,
    *,
    logs: Path,
    rounds: int,
    tell: Tell,
) -> Series:
    """Time the contestants in turn, `rounds` times; arguments as for `run_series`."""
    server = BenchServer(folder / "server")
    try:
        tell(f"  one changed leaf of {workload.title}")
        place = folder / "workload"
        written = workload.write(place)
        server.load_template(workload.load)
        series = Series(
            workload=CHANGED,
            title=f"one changed leaf of {workload.title}",
            scale=workload.scale,
            tables=len(written.steps),
            measured=time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
            settings=server.settings(),
            records={name: Record(name, CONTESTANTS[name].keys) for name in names},
        )
        turns = _ChangedTurns(series, Setup(workload, place, written, server), logs, tell)
        for name in names:
            turns.build(name)
        for number in range(rounds):
            for name in names:
                if series.records[name].state == "ok":
                    turns.run(name, number)
        compare(series, turns.outcomes, tell)
        return series
    finally:
        server.stop()


class _ChangedTurns:
    """Gives each contestant its turns; `outcomes` holds what the last one has left behind."""

    def __init__(self, series: Series, setup: Setup, logs: Path, tell: Tell) -> None:
        self._series, self._setup, self._logs, self._tell = series, setup, logs, tell
        self._changes: dict[str, Changes] = {}
        self.outcomes: dict[str, list[Outcome]] = {}

    def build(self, name: str) -> None:
        """Build everything, untimed, and put the database aside."""
        contestant, record = CONTESTANTS[name], self._series.records[name]
        if not isinstance(contestant, Changing):
            record.state = "left out: it cannot tell what has changed"
            return
        try:
            changes = contestant.prepare_changes(self._setup)
        except Missing as missing:
            record.state = f"{missing.word}: {missing}"
            self._tell(f"  {name}: {record.state}")
            return
        self._setup.server.reset()
        log = self._logs / f"{name}_build.log"
        first = changes.build
        usage = run_measured(first.words, first.environment, first.folder, log)
        if usage.code != 0:
            record.state = f"failed: exit code {usage.code} while it built everything, see {log}"
            self._tell(f"  {name}: {record.state}")
            return
        self._tell(f"  {name}: everything in {usage.wall:.2f} s")
        self._changes[name] = changes
        self._setup.server.put_aside(name)

    def run(self, name: str, number: int) -> None:
        """Change the leaf and run the command, measured."""
        record, server, changes = (
            self._series.records[name],
            self._setup.server,
            self._changes[name],
        )
        server.take_back(name)
        changes.edit(edit_leaf(self._setup.workload, number))
        command, log = changes.command, self._logs / f"{name}_{number}.log"
        load = os.getloadavg()[0]
        cpu, wal = server.cpu_seconds(), server.wal_bytes()
        usage = run_measured(command.words, command.environment, command.folder, log)
        server.await_quiet()
        cpu, wal = server.cpu_seconds() - cpu, server.wal_bytes() - wal
        if usage.code != 0:
            record.state = f"failed: exit code {usage.code}, see {log}"
            self._tell(f"  {name}: {record.state}")
        else:
            step = read_step_seconds(log)
            record.runs.append(Run(usage, cpu, wal / 2**20, 0.0, load, step))
            self._tell(f"  {name}: {usage.wall:.2f} s (load {load:.1f})")
            with closing(server.connect()) as connection:
                outcome = read_outcome(connection)
            record.rows = outcome.total
            self.outcomes[name] = [outcome]
        server.put_aside(name)
