"""Draws time against scale. Needs matplotlib: run by the Python of `.venvs/plot`.

python plot.py results.json plot.png
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

# One colour and mark each, the same in both panels.
LOOKS = {
    "this-project": ("#d62728", "o"),
    "psql": ("#1f77b4", "s"),
    "ideal": ("#2ca02c", "^"),
    "ideal-no-wal": ("#98df8a", "1"),
    "luigi": ("#9467bd", "v"),
    "plain-dagster": ("#8c564b", "D"),
    "dbt": ("#ff7f0e", "P"),
    "dbt-cold": ("#bcbd22", "X"),
    "dbt-enforced": ("#e377c2", "*"),
    "floor": ("#7f7f7f", "<"),
    "floor-same-log": ("#17becf", ">"),
}
Points = dict[str, dict[float, float]]


def main() -> None:
    results = json.loads(Path(sys.argv[1]).read_text())
    panels = [
        (("w2", "w3"), "scale", "scale: 1 is 4 million rows", "Events and their records"),
        (("w1", "w4"), "tables", "tables", "Tiny tables"),
    ]
    found = [
        (points, across, title)
        for workloads, key, across, title in panels
        if (points := find_points(results["series"], workloads, key))
    ]
    if not found:
        return
    figure, places = plt.subplots(1, len(found), figsize=(7.5 * len(found), 5.5), squeeze=False)
    for place, (points, across, title) in zip(places[0], found, strict=True):
        draw(place, points, across, title)
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=130)


def find_points(all_series: list[dict[str, Any]], workloads: tuple[str, ...], key: str) -> Points:
    """Contestant to median seconds by scale or number of tables."""
    points: Points = {}
    for series in sorted(all_series, key=lambda one: str(one["workload"])):
        if series["workload"] in workloads:
            for name, record in series["records"].items():
                walls = [run["usage"]["wall"] for run in record["runs"]]
                if walls:
                    points.setdefault(name, {})[series[key]] = statistics.median(walls)
    return points


def draw(place: Any, points: Points, across: str, title: str) -> None:
    for name, of_name in sorted(points.items(), key=lambda item: -item[1][max(item[1])]):
        xs = sorted(of_name)
        colour, mark = LOOKS.get(name, ("black", "."))
        width = 2.8 if name == "this-project" else 1.4
        seconds = [of_name[x] for x in xs]
        place.plot(xs, seconds, color=colour, marker=mark, linewidth=width, label=name)
    every = sorted({x for of_name in points.values() for x in of_name})
    place.set_xscale("log")
    place.set_yscale("log")
    # Without words for the scales that were measured, a log axis names tens only.
    place.xaxis.set_major_locator(FixedLocator(every))
    place.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    place.xaxis.set_minor_locator(NullLocator())
    place.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 3, 5), numticks=20))
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    place.yaxis.set_minor_formatter(NullFormatter())
    place.set_xlabel(across)
    place.set_ylabel("seconds, median of the whole command")
    place.set_title(title)
    place.grid(visible=True, which="major", alpha=0.3)
    place.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


if __name__ == "__main__":
    main()
