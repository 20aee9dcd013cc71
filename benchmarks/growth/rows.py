"""How time grows with the size of the data (W3)."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.growth.fit import find_exponent
from benchmarks.rounds import Series
from benchmarks.tables import spell_table

OURS = "this-project"
FIXED = "floor-same-log"
STEP = "this-project: the step that builds, alone"
ABOVE = "this-project: above the floor with its event log"


def find_growing(every: Sequence[Series]) -> list[Series]:
    """W3, and W2 where it is a scale of the same curve that W3 has not measured itself."""
    scales = {series.scale for series in every if series.workload == "w3"}
    if not scales:
        return []
    found = [
        series
        for series in every
        if series.workload == "w3" or (series.workload == "w2" and series.scale not in scales)
    ]
    return sorted(found, key=lambda series: series.scale)


def find_points(every: Sequence[Series]) -> dict[str, list[tuple[float, float]]]:
    """Contestant to its points (rows, seconds), smallest first; at least two.

    This project has two more lines, of what lies above its fixed cost: the step that builds, by
    Dagster's own clock, and the whole command above a command that does nothing.
    """
    taking_part = {n for series in every if series.workload == "w3" for n in series.records}
    points: dict[str, list[tuple[float, float]]] = {}
    for series in every:
        rows = _count_rows(series)
        walls = {
            name: record.wall
            for name, record in series.records.items()
            if name in taking_part and record.wall is not None
        }
        if (ours := walls.get(OURS)) is not None:
            if (step := series.records[OURS].step) is not None:
                walls[STEP] = step
            if (floor := walls.get(FIXED)) is not None and ours > floor:
                walls[ABOVE] = ours - floor
        for name, wall in walls.items():
            points.setdefault(name, []).append((rows, wall))
    return {name: of_name for name, of_name in points.items() if len(of_name) > 1}


def spell_growth(every: Sequence[Series]) -> str:
    """Seconds at each scale, and the exponent of a power law through them.

    1 is linear. The last step is the exponent between the two largest scales, where fixed costs
    weigh least.
    """
    points = find_points(every)
    sizes = sorted({_count_rows(series): series.scale for series in every}.items())
    header = ["contestant", *(f"x {scale:g}" for _, scale in sizes), "exponent", "last step"]
    rows = [header]
    for name, of_name in points.items():
        seconds = dict(of_name)
        cells = (f"{seconds[size]:.2f}" if size in seconds else "" for size, _ in sizes)
        exponents = f"{find_exponent(of_name):.2f}", f"{find_exponent(of_name[-2:]):.2f}"
        rows.append([name, *cells, *exponents])
    told = ", ".join(f"x {scale:g} is {size:,.0f}" for size, scale in sizes)
    text = f"Rows that are built: {told}. Exponent of seconds over rows: 1 is linear."
    return "\n".join(["### Growth: seconds by scale", "", text, "", *spell_table(rows)])


def _count_rows(series: Series) -> float:
    """Rows of all its tables; at scale 1 four million, if nobody built any."""
    rows = [record.rows for record in series.records.values() if record.rows]
    return float(max(rows)) if rows else series.scale * 4e6
