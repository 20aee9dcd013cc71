"""Where the server's time goes: this project's command, its statements summed by what they do.

The server counts for itself, in `pg_stat_statements`: also what stands in one message with others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, Missing, Setup
from benchmarks.measure import run_measured
from benchmarks.server import DATABASE, BenchServer
from benchmarks.tables import spell_table
from benchmarks.workload import Workload

_LIBRARY = "pg_stat_statements"
# The first that is found in a statement says what it does.
_KINDS: tuple[tuple[str, str], ...] = (
    (
        "rows go in (INSERT ... SELECT, COPY)",
        r"(insert\s+into|^\s*copy)\s+\S*staging(__build)?\b",
    ),
    (
        "primary keys and indexes",
        r"add\s+constraint[^;]*(primary key|unique)|create\s+(unique\s+)?index",
    ),
    ("foreign keys validated", r"validate\s+constraint"),
    ("statistics (ANALYZE)", r"^\s*analyze"),
    ("foreign keys added, not validated", r"foreign\s+key"),
    ("tables made, renamed, dropped", r"^\s*(create|alter|drop|comment|grant)\b"),
    (
        "transactions and settings",
        r"^\s*(begin|start|commit|rollback|savepoint|release|set|reset|lock)\b",
    ),
)
_REST = "questions: the catalog, checks, what was built"
_TOP = 8


@dataclass(frozen=True)
class Spent:
    """What the server's time went into.

    Args:
        wall: seconds of the command.
        server_cpu: CPU seconds of all the server's processes.
        kinds: what statements do to (seconds they took, how many).
        top: the statements that took longest, with their seconds.
    """

    title: str
    wall: float
    server_cpu: float
    kinds: dict[str, tuple[float, int]]
    top: list[tuple[str, float]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure_spent(workload: Workload, folder: Path, logs: Path) -> Spent:
    """Run this project's command on a workload, and ask the server what took its time.

    Raises Missing when the server has no pg_stat_statements, or the command failed.
    """
    server = BenchServer(folder / "server")
    try:
        if not server.query("select 1 from pg_available_extensions where name = %s", _LIBRARY):
            raise Missing(f"the server has no {_LIBRARY}")
        server.restart_with(_LIBRARY)
        place = folder / "workload"
        written = workload.write(place)
        server.load_template(workload.load)
        command = CONTESTANTS["this-project"].prepare(Setup(workload, place, written, server))
        server.reset()
        server.query(f"create extension {_LIBRARY}")
        server.query(f"select {_LIBRARY}_reset()")
        cpu = server.cpu_seconds()
        log = logs / "spent.log"
        usage = run_measured(command.words, command.environment, command.folder, log)
        server.await_quiet()
        cpu = server.cpu_seconds() - cpu
        if usage.code != 0:
            raise Missing(f"exit code {usage.code}, see {log}")
        found = server.query(
            f"select query, total_exec_time / 1000, calls from {_LIBRARY}"
            " where toplevel and dbid = (select oid from pg_database where datname = %s)",
            DATABASE,
        )
    finally:
        server.stop()
    return sum_spent(workload.title, usage.wall, cpu, found)


def sum_spent(
    title: str, wall: float, server_cpu: float, found: Iterable[tuple[Any, ...]]
) -> Spent:
    """Sum statements, each as (text, seconds, calls), by what they do."""
    seconds: dict[str, float] = {}
    calls = Counter[str]()
    every = [(str(text), float(took), int(times)) for text, took, times in found]
    for text, took, times in every:
        kind = find_kind(text)
        seconds[kind] = seconds.get(kind, 0.0) + took
        calls[kind] += times
    kinds = sorted(seconds.items(), key=lambda one: -one[1])
    longest = sorted(every, key=lambda one: -one[1])[:_TOP]
    return Spent(
        title,
        wall,
        server_cpu,
        {kind: (took, calls[kind]) for kind, took in kinds},
        [(" ".join(text.split())[:90], took) for text, took, _ in longest],
    )


def find_kind(text: str) -> str:
    """What a statement does."""
    for kind, pattern in _KINDS:
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    return _REST


def spell_spent(spent: Spent) -> str:
    """Two tables in Markdown: by what statements do, and the longest ones."""
    total = sum(took for took, _ in spent.kinds.values()) or 1.0
    rows = [["what the statements do", "s", "%", "statements"]]
    rows += [
        [kind, f"{took:.2f}", f"{100 * took / total:.0f}", str(calls)]
        for kind, (took, calls) in spent.kinds.items()
    ]
    longest = [["the longest statements", "s"]]
    longest += [[f"`{text}`".replace("|", "\\|"), f"{took:.2f}"] for text, took in spent.top]
    text = (
        f"{spent.wall:.2f} s, {spent.server_cpu:.1f} s of the server's CPU. Sums over all "
        "connections: more than the command's own time where these work at once."
    )
    return "\n\n".join(
        [
            f"### Where the server's time goes: {spent.title}",
            text,
            "\n".join(spell_table(rows)),
            "\n".join(spell_table(longest)),
        ]
    )
