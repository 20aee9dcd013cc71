"""Measure this project against the other ways of building the same tables.

    python -m benchmarks              everything: an hour and more
    python -m benchmarks --quick      under 3 minutes

Results go to benchmarks/results/: results.json, report.md and plot.png. Series of earlier runs
that are not measured again stay in them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import CONTESTANTS, Missing
from benchmarks.contestants.common import HERE, clean_environment, install
from benchmarks.events import make_events
from benchmarks.found import find_chicago
from benchmarks.places import work_folder
from benchmarks.report import read_machine, spell_growth, spell_ratios, spell_series
from benchmarks.rounds import Series, run_series
from benchmarks.share import measure_share
from benchmarks.tiny import make_tiny
from benchmarks.workload import Workload

EVERYONE = tuple(CONTESTANTS)
# Plain Dagster starts a process a table: half an hour for 1,000 tables.
BUT_PLAIN = tuple(name for name in EVERYONE if name != "plain-dagster")
# Nobody has written Chicago's tables by hand or as dbt models.
FOUND = ("psql", "luigi", "plain-dagster", "floor", "this-project")
GROWING = ("psql", "ideal", "dbt-enforced", "this-project")


@dataclass(frozen=True)
class Planned:
    """One series to run."""

    workload: Workload
    contestants: tuple[str, ...]
    rounds: int
    most_seconds: float = 60.0


def plan(options: argparse.Namespace) -> list[Planned]:
    """Return the series that were asked for."""
    if options.quick:
        quick = ("psql", "ideal", "luigi", "dbt-enforced", "floor", "this-project")
        everything = [
            Planned(make_tiny("w1", options.tables or 100), (*quick, "dbt"), 1),
            Planned(make_events("w2", options.scale or 0.1), quick, 1),
        ]
    else:
        everything = [
            Planned(make_tiny("w1", options.tables or 100), EVERYONE, 5),
            Planned(make_events("w2", options.scale or 1.0), EVERYONE, 3, 600.0),
            *(Planned(make_events("w3", scale), GROWING, 3) for scale in (0.1, 0.3, 1.0, 3.0)),
            Planned(make_tiny("w4", options.tables or 1000), BUT_PLAIN, 3, 20.0),
        ]
        if (chicago := find_chicago()) is not None:
            everything.append(Planned(chicago, FOUND, 3, 600.0))
    chosen = options.workloads.split(",") if options.workloads else None
    contestants = options.contestants.split(",") if options.contestants else None
    return [
        Planned(
            one.workload,
            tuple(name for name in one.contestants if contestants is None or name in contestants),
            options.rounds or one.rounds,
            one.most_seconds,
        )
        for one in everything
        if chosen is None or one.workload.name in chosen
    ]


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small scales, one round")
    parser.add_argument("--workloads", help="some of them, such as w1,w2")
    parser.add_argument("--contestants", help=f"some of {', '.join(EVERYONE)}; separated by ','")
    parser.add_argument("--scale", type=float, help="of w2; 1 is four million rows")
    parser.add_argument("--tables", type=int, help="of w1 and w4")
    parser.add_argument("--rounds", type=int, help="how often everyone has a turn")
    parser.add_argument("--no-counts", action="store_true", help="do not count statements")
    parser.add_argument("--no-share", action="store_true", help="do not measure the loading alone")
    parser.add_argument("--output", type=Path, default=HERE / "results", help="folder of results")
    options = parser.parse_args(arguments)
    for name in options.contestants.split(",") if options.contestants else ():
        if name not in CONTESTANTS:
            parser.error(f"--contestants: there is no {name!r}; there are {', '.join(EVERYONE)}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(sys.argv[1:] if arguments is None else arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with work_folder(HERE / ".work") as work:
        done, shares = measure(options, work)
    print("\n" + write(options.output, done, shares))
    draw(options.output)
    minutes = (time.monotonic() - start) / 60
    print(f"\n{minutes:.1f} minutes; {options.output}/results.json, report.md, plot.png")
    failed = [
        f"{series.workload} {record.contestant}"
        for series in done
        for record in series.records.values()
        if record.state.startswith("failed") or record.differences
    ]
    if failed:
        print(f"failed, or ended with other rows or keys: {', '.join(failed)}")
    return 1 if failed else 0


def measure(
    options: argparse.Namespace, work: Path
) -> tuple[list[Series], dict[str, dict[str, float]]]:
    """Run everything that was asked for; what is finished is written at once."""
    done: list[Series] = []
    for planned in plan(options):
        folder = work / f"{planned.workload.name}_{planned.workload.scale:g}"
        done.append(
            run_series(
                planned.workload,
                planned.contestants,
                folder,
                logs=options.output / "logs" / folder.name,
                rounds=planned.rounds,
                tell=_tell,
                count=not options.no_counts,
                most_seconds=planned.most_seconds,
            )
        )
        write(options.output, done, {})
    sizes = () if options.no_share else (100,) if options.quick else (100, 1000)
    shares = {str(size): measure_share(work, size) for size in sizes}
    return done, shares


def write(output: Path, done: Sequence[Series], loading: dict[str, dict[str, float]]) -> str:
    """Write results.json and report.md; return the report.

    What an earlier run has left in results.json stays, unless it was measured again.
    """
    machine = read_machine()
    path = output / "results.json"
    before = json.loads(path.read_text()) if path.exists() else {"series": [], "loading": {}}
    found = {(one["workload"], one["scale"]): Series.from_json(one) for one in before["series"]}
    found |= {(series.workload, series.scale): series for series in done}
    every = [found[key] for key in sorted(found)]
    loading = {**before["loading"], **loading}
    content = {
        "machine": machine,
        "series": [series.to_json() for series in every],
        "loading": loading,
    }
    path.write_text(json.dumps(content, indent=1))
    parts = [", ".join(f"{name} {value}" for name, value in machine.items())]
    for series in every:
        parts += [spell_series(series), spell_ratios(series)]
    growing = [series for series in every if series.workload == "w3"]
    if len(growing) > 1:
        parts.append(spell_growth(growing))
    for size, share in loading.items():
        lines = [f"- {name}: {seconds:.2f} s" for name, seconds in share.items()]
        parts.append("\n".join([f"### Loading {size} tables", "", *lines]))
    text = "\n\n".join(part for part in parts if part)
    (output / "report.md").write_text(text + "\n")
    return text


def draw(output: Path) -> None:
    """Draw plot.png in matplotlib's own environment."""
    try:
        python = install("plot") / "python"
    except Missing as missing:
        print(f"no plot: {missing}")
        return
    words = [python, HERE / "plot.py", output / "results.json", output / "plot.png"]
    subprocess.run(words, env=clean_environment(), check=False)


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
