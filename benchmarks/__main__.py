"""Measure this project against the other ways of building the same tables.

    python -m benchmarks              everything: about an hour
    python -m benchmarks --quick      under 3 minutes
    python -m benchmarks --profile    where the client's time goes in w1, and nothing else

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, Missing
from benchmarks.contestants.common import HERE, clean_environment, install
from benchmarks.growth import find_growing, spell_growth
from benchmarks.places import work_folder
from benchmarks.plan import EVERYONE, WORKLOADS, plan, plan_profiles, split
from benchmarks.report import read_machine, spell_ratios, spell_series
from benchmarks.rounds import Series, run_series
from benchmarks.share import measure_share
from benchmarks.spy import Profile, run_profile, spell_profile


@dataclass
class Measured:
    """What one run of the benchmarks has found.

    Args:
        loading: number of tables to the seconds of each part of loading their folder.
        profiles: by workload and scale.
    """

    series: list[Series] = field(default_factory=list)
    loading: dict[str, dict[str, float]] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small scales, one round")
    parser.add_argument("--profile", action="store_true", help="only look where our time goes")
    parser.add_argument("--workloads", help=f"some of {', '.join(WORKLOADS)}; separated by ','")
    parser.add_argument("--contestants", help=f"some of {', '.join(EVERYONE)}; separated by ','")
    parser.add_argument("--scale", type=float, help="of w2; 1 is four million rows")
    parser.add_argument("--scales", help="of w3; separated by ','")
    parser.add_argument("--tables", type=int, help="of w1 and w4")
    parser.add_argument("--rounds", type=int, help="how often everyone has a turn")
    parser.add_argument("--no-counts", action="store_true", help="do not count statements")
    parser.add_argument("--no-share", action="store_true", help="do not measure the loading alone")
    parser.add_argument("--no-profile", action="store_true", help="do not profile w1 at the end")
    parser.add_argument("--output", type=Path, default=HERE / "results", help="folder of results")
    options = parser.parse_args(arguments)
    # Commands run in other folders.
    options.output = options.output.resolve()
    for option, known in (("contestants", CONTESTANTS), ("workloads", WORKLOADS)):
        for name in split(getattr(options, option)):
            if name not in known:
                parser.error(f"--{option}: there is no {name!r}; there are {', '.join(known)}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(sys.argv[1:] if arguments is None else arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with work_folder(HERE / ".work") as work:
        measured = measure(options, work)
    print("\n" + write(options.output, measured))
    if measured.series:
        draw(options.output)
    minutes = (time.monotonic() - start) / 60
    print(f"\n{minutes:.1f} minutes; {options.output}/results.json, report.md, plot.png")
    failed = [
        f"{series.workload} {record.contestant}"
        for series in measured.series
        for record in series.records.values()
        if record.state.startswith("failed") or record.differences
    ]
    if failed:
        print(f"failed, or ended with other rows or keys: {', '.join(failed)}")
    return 1 if failed else 0


def measure(options: argparse.Namespace, work: Path) -> Measured:
    """Run everything that was asked for; what is finished is written at once."""
    measured = Measured()
    for planned in () if options.profile else plan(options):
        folder = work / f"{planned.workload.name}_{planned.workload.scale:g}"
        series = run_series(
            planned.workload,
            planned.contestants,
            folder,
            logs=options.output / "logs" / folder.name,
            rounds=planned.rounds,
            tell=_tell,
            left_out=planned.left_out,
            count=not options.no_counts,
            most_seconds=planned.most_seconds,
        )
        measured.series.append(series)
        write(options.output, measured)
    if not (options.no_share or options.profile):
        for size in (100,) if options.quick else (100, 1000):
            measured.loading[str(size)] = measure_share(work, size)
    for workload in plan_profiles(options):
        _tell(f"{workload.label}: where the client's time goes")
        folder = work / f"profile_{workload.name}_{workload.scale:g}"
        try:
            profile = run_profile(workload, folder, options.output / "logs" / folder.name)
        except Missing as missing:
            _tell(f"  no profile: {missing}")
        else:
            measured.profiles[workload.label] = profile
    return measured


def write(output: Path, measured: Measured) -> str:
    """Write results.json and report.md; return the report.

    What an earlier run has left in results.json stays, unless it was measured again.
    """
    machine = read_machine()
    path = output / "results.json"
    before: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    told = (Series.from_json(one) for one in before.get("series", ()))
    found = {(series.workload, series.scale): series for series in (*told, *measured.series)}
    every = [found[key] for key in sorted(found)]
    loading = {**before.get("loading", {}), **measured.loading}
    profiles = {name: Profile(**one) for name, one in before.get("profiles", {}).items()}
    profiles |= measured.profiles
    content = {
        "machine": machine,
        "series": [series.to_json() for series in every],
        "loading": loading,
        "profiles": {name: profile.to_json() for name, profile in profiles.items()},
    }
    path.write_text(json.dumps(content, indent=1))
    parts = [", ".join(f"{name} {value}" for name, value in machine.items())]
    for series in every:
        parts += [spell_series(series), spell_ratios(series)]
    growing = find_growing(every)
    if len(growing) > 1:
        parts.append(spell_growth(growing))
    for size, share in loading.items():
        lines = [f"- {name}: {seconds:.2f} s" for name, seconds in share.items()]
        parts.append("\n".join([f"### Loading {size} tables", "", *lines]))
    parts += [spell_profile(profile) for profile in profiles.values()]
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
