"""What commands cost at several sizes of one thing, and how that grows."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contestants.common import PYTHON, Missing, clean_environment
from benchmarks.growth.fit import spell_exponent
from benchmarks.measure import run_measured
from benchmarks.tables import spell_table

# Of `plan`: there is something to build.
_FOUND = 2


@dataclass(frozen=True)
class Point:
    """One command at one size.

    Args:
        wall, cpu: seconds of the whole command, and of its processes, as medians.
        peak_mb: its largest memory, as a median.
    """

    size: int
    wall: float
    cpu: float
    peak_mb: float


@dataclass
class Curve:
    """One command at all sizes.

    Args:
        across: what grows: "tables" or "runs".
        what: what is done, for people.
        command: as it is typed.
    """

    across: str
    what: str
    command: str
    points: list[Point] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Curve:
        """The way back from `to_json`."""
        return Curve(**{**told, "points": [Point(**point) for point in told["points"]]})

    def find(self, size: int) -> Point | None:
        """What was measured at a size."""
        return next((point for point in self.points if point.size == size), None)


@dataclass(frozen=True)
class Place:
    """Where the commands of a curve run.

    Args:
        folder: from which they are started.
        logs: folder for what they print.
    """

    environment: Mapping[str, str]
    folder: Path
    logs: Path

    def run(self, words: Sequence[str | Path], name: str, rounds: int, size: int) -> Point:
        """Run a command so many times, measured. Raises Missing when it fails."""
        usages = []
        for number in range(rounds):
            log = self.logs / f"{name}_{size}_{number}.log"
            usage = run_measured(words, self.environment, self.folder, log)
            if usage.code not in (0, _FOUND):
                raise Missing(f"{name} at {size}: exit code {usage.code}, see {log}")
            usages.append(usage)
        medians = (
            statistics.median(getattr(usage, figure) for usage in usages)
            for figure in ("wall", "cpu", "peak_mb")
        )
        return Point(size, *medians)


def activate(server_url: str, sql: Path, home: Path, workers: int) -> dict[str, str]:
    """The environment of this project's commands, in the activated virtual environment."""
    return clean_environment(
        PYTHON.parent,
        STAGING_DATABASE_URL=server_url,
        STAGING_SQL_DIR=str(sql),
        STAGING_DEPARTMENT="bench",
        STAGING_WORKERS=str(workers),
        STAGING_HOME=str(home),
    )


def spell_curves(curves: Sequence[Curve], across: str) -> str:
    """Two tables: seconds, and memory, each with the exponent of its growth; "" without points.

    The last step is the exponent between the two largest sizes, where fixed costs weigh least.
    """
    chosen = [curve for curve in curves if curve.across == across and curve.points]
    if not chosen:
        return ""
    sizes = sorted({point.size for curve in chosen for point in curve.points})
    header = [*(f"{size:,}" for size in sizes), "exponent", "last step"]
    parts = []
    for title, figure, form in (("seconds", "wall", ".2f"), ("MB", "peak_mb", ".0f")):
        rows = [[f"{title}, by {across}", *header]]
        for curve in chosen:
            found = [(point.size, getattr(point, figure)) for point in curve.points]
            cells = dict(found)
            rows.append(
                [
                    f"{curve.what}: `{curve.command}`" if figure == "wall" else curve.what,
                    *(format(cells[size], form) if size in cells else "" for size in sizes),
                    *(spell_exponent(some) for some in (found, found[-2:])),
                ]
            )
        parts.append("\n".join(spell_table(rows)))
    return "\n\n".join(parts)
