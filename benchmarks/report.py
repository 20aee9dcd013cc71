"""The tables that people read: medians, ratios, growth and targets."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.rounds import Record, Run, Series

_COLUMNS: tuple[tuple[str, Callable[[Run], float], str], ...] = (
    ("client CPU s", lambda run: run.usage.cpu, ".1f"),
    ("server CPU s", lambda run: run.server_cpu, ".1f"),
    ("client MB", lambda run: run.usage.peak_mb, ".0f"),
    ("WAL MB", lambda run: run.wal_mb, ".0f"),
)


def spell_series(series: Series) -> str:
    """One workload as a Markdown table; ratios are to this project's median."""
    ours = series.records.get("this-project")
    base = ours.wall if ours else None
    loads = [run.load for record in series.records.values() for run in record.runs]
    lines = [f"### {series.workload.upper()}, scale {series.scale:g}: {series.title}", ""]
    if loads:
        lines += [
            f"{series.measured}; load of the machine {min(loads):.1f} to {max(loads):.1f}",
            "",
        ]
    rows = [
        ["contestant", "runs", "wall s", "least to most", "x this project"]
        + [name for name, _, _ in _COLUMNS]
        + ["statements", "connections", "same rows and keys"]
    ]
    rows += [_row(record, base) for record in series.records.values() if record.runs]
    lines += _spell_table(rows)
    for record in series.records.values():
        if record.state != "ok":
            lines.append(f"\n{record.contestant}: {record.state}")
    return "\n".join(lines)


def spell_growth(all_series: Sequence[Series]) -> str:
    """How time grows with scale: seconds at each scale, and the exponent of a power law."""
    by_name: dict[str, list[tuple[float, float]]] = {}
    for series in all_series:
        for record in series.records.values():
            if record.wall is not None:
                by_name.setdefault(record.contestant, []).append((series.scale, record.wall))
    scales = sorted({series.scale for series in all_series})
    rows = [["contestant", *(f"x {scale:g}" for scale in scales), "exponent", "last step"]]
    for name, points in by_name.items():
        walls = dict(points)
        if len(points) > 1:
            row = [name, *(f"{walls[s]:.2f}" if s in walls else "" for s in scales)]
            rows.append([*row, f"{find_exponent(points):.2f}", f"{find_exponent(points[-2:]):.2f}"])
    return "\n".join(["### Growth: seconds by scale", "", *_spell_table(rows)])


def find_exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of log(seconds) over log(scale), by least squares."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - middle_x) ** 2 for x in xs)


def find_ratios(series: Series) -> list[tuple[str, float, str]]:
    """The figures that have targets: (what, figure, target)."""
    walls = {name: record.wall for name, record in series.records.items() if record.wall}
    ours = walls.get("this-project")
    if ours is None:
        return []
    found = []
    if floor := walls.get("floor"):
        if series.workload in ("w1", "w4"):
            found.append(("times the floor", ours / floor, "at most 1.2"))
            own = (ours - floor) / series.tables * 1000
            found.append(
                ("ms a table above the floor, SQL included", own, "at most 20 and the SQL")
            )
        else:
            found.append(("seconds of it that Dagster needs to do nothing", floor, ""))
    if (dbt := walls.get("dbt")) and series.workload == "w1":
        found.append(("times dbt", ours / dbt, "below 1"))
    if (psql := walls.get("psql")) and series.workload in ("w2", "w3"):
        found.append(("times as fast as psql", psql / ours, "at least 3, at scale 1"))
    if (ideal := walls.get("ideal")) and series.workload in ("w2", "w3"):
        found.append(("times the ideal", ours / ideal, "at most 1.15, at scale 1"))
    peak = series.records["this-project"].median(lambda run: run.usage.peak_mb)
    assert peak is not None
    found.append(("MB of client memory", peak, "below 400"))
    return found


def spell_ratios(series: Series) -> str:
    """The figures that have targets, as lines."""
    return "\n".join(
        f"- {what}: {figure:.2f}" + (f" ({target})" if target else "")
        for what, figure, target in find_ratios(series)
    )


def read_machine() -> dict[str, str]:
    """What the figures were measured on."""
    processor = platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return {
        "processor": processor,
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _row(record: Record, base: float | None) -> list[str]:
    wall = record.wall
    assert wall is not None
    walls = [run.usage.wall for run in record.runs]
    if record.rows is None:
        same = "builds nothing"
    elif record.differences:
        same = f"no: {len(record.differences)} differences"
    else:
        same = "yes" if record.keys else "rows; no keys"
    figures = [format(record.median(figure) or 0, form) for _, figure, form in _COLUMNS]
    return [
        record.contestant,
        str(len(walls)),
        f"{wall:.2f}",
        f"{min(walls):.2f} to {max(walls):.2f}",
        f"{wall / base:.2f}" if base else "",
        *figures,
        "" if record.statements is None else str(record.statements),
        "" if record.connections is None else str(record.connections),
        same,
    ]


def _spell_table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "| " + " | ".join(cells) + " |"
        if number == 0:
            ends = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
            yield "| " + " | ".join(ends) + " |"
