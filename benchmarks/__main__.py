"""Measure this project against the other ways of building the same tables.

    python -m benchmarks                      everything: about an hour and a half
    python -m benchmarks --docs --write-docs  what docs/performance.md shows: half an hour
    python -m benchmarks --quick              under 3 minutes
    python -m benchmarks --profile            where the client's time goes in w1, and nothing else
    python -m benchmarks --distance           w1 on servers far away, and nothing else: 3 minutes

Results go to benchmarks/results/: results.json, report.md and plot.png. Series of earlier runs
that are not measured again stay in them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.changed import run_changed
from benchmarks.contestants import CONTESTANTS, Missing
from benchmarks.contestants.common import HERE, clean_environment, install
from benchmarks.distance import measure_distance, spell_distance, to_json
from benchmarks.growth import (
    RUNS,
    TABLES,
    find_growing,
    measure_history,
    measure_tables,
    spell_curves,
    spell_growth,
)
from benchmarks.page import DOCS, build_blocks, write_page
from benchmarks.places import work_folder
from benchmarks.plan import (
    DOCS_MINUTES,
    EVERYONE,
    WORKLOADS,
    Planned,
    plan,
    plan_curves,
    plan_profiles,
    plan_spent,
    split,
)
from benchmarks.report import read_machine, spell_ratios, spell_series
from benchmarks.results import Measured, read_results
from benchmarks.rounds import Series, run_series
from benchmarks.share import measure_share
from benchmarks.spent import measure_spent, spell_spent
from benchmarks.spy import run_profile, spell_profile


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small scales, one round")
    parser.add_argument("--docs", action="store_true", help="what the page shows, in half an hour")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md")
    parser.add_argument("--from-results", action="store_true", help="measure nothing")
    parser.add_argument("--install", action="store_true", help="only install the contestants")
    parser.add_argument("--profile", action="store_true", help="only look where our time goes")
    parser.add_argument("--distance", action="store_true", help="only w1 on servers far away")
    parser.add_argument("--workloads", help=f"some of {', '.join(WORKLOADS)}; separated by ','")
    parser.add_argument("--contestants", help=f"some of {', '.join(EVERYONE)}; separated by ','")
    parser.add_argument("--scale", type=float, help="of w2; 1 is four million rows")
    parser.add_argument("--scales", help="of w3; separated by ','")
    parser.add_argument("--tables", type=int, help="of w1, w4 and changed")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of all sizes of --docs: to try it"
    )
    parser.add_argument("--growth-tables", help="numbers of tables; separated by ','")
    parser.add_argument("--growth-runs", help="numbers of runs in the history; separated by ','")
    parser.add_argument("--minutes", type=float, help="begin nothing more after so many")
    parser.add_argument("--rounds", type=int, help="how often everyone has a turn")
    parser.add_argument("--no-counts", action="store_true", help="do not count statements")
    parser.add_argument("--no-share", action="store_true", help="do not measure the loading alone")
    parser.add_argument("--no-profile", action="store_true", help="do not profile w1 at the end")
    parser.add_argument("--output", type=Path, help="folder of results")
    options = parser.parse_args(arguments)
    # What the page shows is not to be mixed with what was measured another day.
    usual = HERE / "results" / "docs" if options.docs else HERE / "results"
    # Commands run in other folders.
    options.output = (options.output or usual).resolve()
    if options.docs and options.minutes is None:
        options.minutes = DOCS_MINUTES
    for option, known in (("contestants", CONTESTANTS), ("workloads", WORKLOADS)):
        for name in split(getattr(options, option)):
            if name not in known:
                parser.error(f"--{option}: there is no {name!r}; there are {', '.join(known)}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(sys.argv[1:] if arguments is None else arguments)
    if options.install:
        return install_all()
    options.output.mkdir(parents=True, exist_ok=True)
    if options.docs and not options.from_results:
        install_all()  # before the clock runs
    start = time.monotonic()
    if options.distance:
        return _run_distance(options)
    measured = Measured()
    if not options.from_results:
        with work_folder(HERE / ".work") as work:
            measured = measure(options, work)
    print("\n" + write(options.output, measured))
    if measured.series:
        draw(options.output)
    if options.write_docs:
        write_docs(options.output, DOCS)
    minutes = (time.monotonic() - start) / 60
    print(f"\n{minutes:.1f} minutes; {options.output}/results.json, report.md, plot.png")
    failed = measured.failed + [
        f"{series.workload} {record.contestant}"
        for series in measured.series
        for record in series.records.values()
        if record.state.startswith("failed") or record.differences
    ]
    if failed:
        print(f"failed, or ended with other rows or keys: {', '.join(failed)}")
    return 1 if failed else 0


def install_all() -> int:
    """Make the virtual environments of all contestants; say which cannot be made."""
    missing = 0
    for requirements in sorted((HERE / "requirements").glob("*.txt")):
        try:
            install(requirements.stem)
        except Missing as why:
            _tell(str(why))
            missing += 1
    return 1 if missing else 0


def measure(options: argparse.Namespace, work: Path) -> Measured:
    """Run everything that was asked for; what is finished is written at once."""
    measured = Measured()
    parts = _Parts(options, measured)
    logs = options.output / "logs"
    for planned in () if options.profile else plan(options):
        with parts.begin(planned.workload.label) as begun:
            if begun:
                measured.series.append(_run_planned(planned, options, work))
    if not (options.no_share or options.profile or options.docs):
        for size in (100,) if options.quick else (100, 1000):
            measured.loading[str(size)] = measure_share(work, size)
    for workload in plan_profiles(options):
        with parts.begin(f"{workload.label}, where the client's time goes") as begun:
            if begun:
                folder = work / f"profile_{workload.name}_{workload.scale:g}"
                found = run_profile(workload, folder, logs / folder.name)
                measured.profiles[workload.label] = found
    for workload in plan_spent(options):
        with parts.begin(f"{workload.label}, where the server's time goes") as begun:
            if begun:
                folder = work / f"spent_{workload.name}_{workload.scale:g}"
                measured.spent[workload.label] = measure_spent(workload, folder, logs / folder.name)
    for across in plan_curves(options):
        with parts.begin(f"growth, {across}") as begun:
            if not begun:
                continue
            if across == "tables":
                sizes = _find_sizes(options.growth_tables, TABLES, options.share, 4)
                measured.curves += measure_tables(work, logs, sizes, 2, _tell)
            else:
                sizes = _find_sizes(options.growth_runs, RUNS, options.share, 1)
                measured.curves += measure_history(work, logs, sizes, 2, _tell)
    return measured


class _Parts:
    """Begins one part after the other while there is time; one that fails stops no other."""

    def __init__(self, options: argparse.Namespace, measured: Measured) -> None:
        self._output, self._minutes, self._measured = options.output, options.minutes, measured
        self._until = None if self._minutes is None else time.monotonic() + 60 * self._minutes

    @contextmanager
    def begin(self, what: str) -> Iterator[bool]:
        """Gives whether to do it; writes what there is when it is done."""
        if self._until is not None and time.monotonic() > self._until:
            _tell(f"{what}: left out, {self._minutes:g} minutes are over")
            yield False
            return
        _tell(what)
        try:
            yield True
        except Missing as missing:
            _tell(f"  {missing.word}: {missing}")
        except Exception as error:  # noqa: BLE001 - half an hour of measuring is not to be lost
            self._measured.failed.append(what)
            _tell(f"  failed: {type(error).__name__}: {error}")
        write(self._output, self._measured)


def _find_sizes(chosen: str | None, usual: Sequence[int], share: float, least: int) -> list[int]:
    """The sizes of a curve, rising."""
    sizes = [int(one) for one in split(chosen)] or [int(one * share) for one in usual]
    return sorted({max(least, one) for one in sizes})


def _run_planned(planned: Planned, options: argparse.Namespace, work: Path) -> Series:
    folder = work / f"{planned.name}_{planned.workload.scale:g}"
    logs = options.output / "logs" / folder.name
    if planned.changed:
        return run_changed(
            planned.workload,
            planned.contestants,
            folder,
            logs=logs,
            rounds=planned.rounds,
            tell=_tell,
        )
    return run_series(
        planned.workload,
        planned.contestants,
        folder,
        logs=logs,
        rounds=planned.rounds,
        tell=_tell,
        left_out=planned.left_out,
        count=not options.no_counts,
        most_seconds=planned.most_seconds,
    )


def write(output: Path, measured: Measured) -> str:
    """Write results.json and report.md; return the report.

    What an earlier run has left in results.json stays, unless it was measured again.
    """
    machine = read_machine()
    path = output / "results.json"
    every = measured.after(read_results(path))
    path.write_text(json.dumps({"machine": machine, **every.to_json()}, indent=1))
    parts = [", ".join(f"{name} {value}" for name, value in machine.items())]
    for series in every.series:
        parts += [spell_series(series), spell_ratios(series)]
    growing = find_growing(every.series)
    if len(growing) > 1:
        parts.append(spell_growth(growing))
    for across in ("tables", "runs"):
        if any(curve.across == across for curve in every.curves):
            parts += [f"### Growth with {across}", spell_curves(every.curves, across)]
    for size, share in every.loading.items():
        lines = [f"- {name}: {seconds:.2f} s" for name, seconds in share.items()]
        parts.append("\n".join([f"### Loading {size} tables", "", *lines]))
    parts += [spell_profile(profile) for profile in every.profiles.values()]
    parts += [spell_spent(spent) for spent in every.spent.values()]
    text = "\n\n".join(part for part in parts if part)
    (output / "report.md").write_text(text + "\n")
    return text


def write_docs(output: Path, docs: Path) -> None:
    """Put what results.json holds into performance.md, and the plot beside it."""
    page = docs / "performance.md"
    kept = write_page(page, build_blocks(read_results(output / "results.json")))
    told = f"; not measured, and as before: {', '.join(kept)}" if kept else ""
    _tell(f"\nwritten: {page}{told}")
    if (output / "plot.png").exists():
        shutil.copy(output / "plot.png", docs / "performance.png")


def draw(output: Path) -> None:
    """Draw plot.png in matplotlib's own environment."""
    try:
        python = install("plot") / "python"
    except Missing as missing:
        print(f"no plot: {missing}")
        return
    words = [python, HERE / "plot.py", output / "results.json", output / "plot.png"]
    subprocess.run(words, env=clean_environment(), check=False)


def _run_distance(options: argparse.Namespace) -> int:
    """Measure w1 at a distance; results go to distance.json and distance.md."""
    with work_folder(HERE / ".work") as work:
        logs = options.output / "logs" / "distance"
        found = measure_distance(work, logs, _tell, tables=options.tables or 100)
    (options.output / "distance.json").write_text(json.dumps(to_json(found), indent=1))
    report = spell_distance(found)
    (options.output / "distance.md").write_text(f"{report}\n")
    print(f"\n{report}")
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
