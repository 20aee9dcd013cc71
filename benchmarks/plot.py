"""Draws time against scale. Needs matplotlib: run by the Python of `.venvs/plot`.

python plot.py results.json plot.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt


def main() -> None:
    results = json.loads(Path(sys.argv[1]).read_text())
    growing = [one for one in results["series"] if one["workload"] in ("w2", "w3")]
    tiny = [one for one in results["series"] if one["workload"] in ("w1", "w4")]
    panels = [
        (growing, "scale", "events and their records: scale 1 is 4 million rows"),
        (tiny, "tables", "tiny tables: number of tables"),
    ]
    panels = [panel for panel in panels if panel[0]]
    if not panels:
        return
    figure, places = plt.subplots(1, len(panels), figsize=(6.5 * len(panels), 5), squeeze=False)
    for place, (series, across, title) in zip(places[0], panels, strict=True):
        lines: dict[str, dict[float, list[float]]] = {}
        for one in series:
            for name, record in one["records"].items():
                walls = [run["usage"]["wall"] for run in record["runs"]]
                if walls:
                    lines.setdefault(name, {}).setdefault(one[across], []).extend(walls)
        for name, points in lines.items():
            xs = sorted(points)
            middle = [sorted(points[x])[len(points[x]) // 2] for x in xs]
            width = 2.5 if name == "this-project" else 1.2
            place.plot(xs, middle, marker="o", linewidth=width, label=name)
        place.set_xscale("log")
        place.set_yscale("log")
        place.set_xlabel(across)
        place.set_ylabel("seconds, median")
        place.set_title(title)
        place.grid(visible=True, which="both", alpha=0.25)
        place.legend()
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=120)


if __name__ == "__main__":
    main()
