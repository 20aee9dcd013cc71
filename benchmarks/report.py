"""The tables that people read: medians, ratios and targets."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path

from benchmarks.rounds import Record, Run, Series
from benchmarks.tables import spell_table

_DBT = {
    "dbt": "which makes no keys; it parses only what has changed",
    "dbt-cold": "which makes no keys; it parses everything",
    "dbt-enforced": "which makes the same keys; it parses only what has changed",
}
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
    same = f"rows and keys as {series.reference}" if series.reference else "rows and keys"
    lines = [f"### {series.workload.upper()}, scale {series.scale:g}: {series.title}", ""]
    if loads:
        lines += [
            f"{series.measured}; load of the machine {min(loads):.1f} to {max(loads):.1f}",
            "",
        ]
    rows = [
        ["contestant", "runs", "wall s", "least to most", "x this project"]
        + [name for name, _, _ in _COLUMNS]
        + ["statements", "connections", same]
    ]
    rows += [
        _row(record, base, record.contestant == series.reference)
        for record in series.records.values()
        if record.runs
    ]
    lines += spell_table(rows)
    others = [record for record in series.records.values() if record.state != "ok"]
    if others:
        lines += ["", *(f"- {record.contestant}: {record.state}" for record in others)]
    return "\n".join(lines)


def find_ratios(series: Series) -> list[tuple[str, float, str]]:
    """The figures that have targets: (what, figure, target)."""
    walls = {name: record.wall for name, record in series.records.items() if record.wall}
    ours = walls.get("this-project")
    if ours is None:
        return []
    tiny, bulk = series.workload in ("w1", "w4"), series.workload in ("w2", "w3")
    found = []
    if floor := walls.get("floor"):
        if tiny:
            found.append(("times the floor", ours / floor, "at most 1.2"))
        else:
            found.append(("s that stock Dagster needs to do nothing", floor, ""))
    if same_log := walls.get("floor-same-log"):
        if tiny:
            what = "times the floor with this project's event log"
            found.append((what, ours / same_log, ""))
            own = (ours - same_log) / series.tables * 1000
            what = "ms a table above the floor with this project's event log, SQL included"
            found.append((what, own, "at most 20 and the SQL"))
        else:
            what = "s that Dagster needs to do nothing with this project's event log"
            found.append((what, same_log, ""))
    for name, about in _DBT.items():
        if dbt := walls.get(name):
            target = "below 1" if series.workload == "w1" else ""
            found.append((f"times {name}, {about}", ours / dbt, target))
    if (psql := walls.get("psql")) and bulk:
        found.append(("times as fast as psql", psql / ours, "at least 3, at scale 1"))
    for name, target in (("ideal", "at most 1.15, at scale 1"), ("ideal-no-wal", "")):
        if (ideal := walls.get(name)) and bulk:
            found.append((f"times {name}", ours / ideal, target))
            if step := series.records["this-project"].step:
                found.append((f"times {name}, the step that builds alone", step / ideal, ""))
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


def _row(record: Record, base: float | None, reference: bool) -> list[str]:
    wall = record.wall
    assert wall is not None
    walls = [run.usage.wall for run in record.runs]
    if record.rows is None:
        same = "builds nothing"
    elif record.differences:
        same = f"no: {len(record.differences)} differences"
    elif not record.keys:
        same = "same rows, no keys"
    else:
        same = "compared with" if reference else "same"
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
