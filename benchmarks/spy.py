"""Where the client's time goes: this project's command, looked at by py-spy while it runs.

py-spy stops the command for a moment at every look, so the sampled run is a little slower; the
shares are given of a run just before it that nobody looked at.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, Command, Missing, Setup
from benchmarks.contestants.common import PYTHON, install
from benchmarks.contestants.project import LITERAL
from benchmarks.measure import Usage, run_measured
from benchmarks.parts import MAIN, START, find_package, find_part, find_worker_part
from benchmarks.server import BenchServer
from benchmarks.tables import spell_table
from benchmarks.workload import Workload

LOOKS = 100
"""A second."""


@dataclass(frozen=True)
class Stack:
    """A stack of one thread, outermost frame first, and how often it was seen.

    A thread has no name, "", until `threading` is imported; only the main one runs before.
    """

    thread: str
    frames: tuple[str, ...]
    seen: int


@dataclass(frozen=True)
class Profile:
    """How often each part was seen.

    Args:
        wall, cpu: seconds of the command that nobody looked at.
        sampled: seconds of the one that was.
        main: parts of the main thread, waiting included: its sum is the command's time.
        packages: whose code the main thread was in.
        workers: parts of the threads that build, all of them together.
    """

    title: str
    wall: float
    cpu: float
    sampled: float
    main: dict[str, int]
    packages: dict[str, int]
    workers: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def run_profile(workload: Workload, folder: Path, logs: Path) -> Profile:
    """Run this project's command on a workload three times, and look at the last run.

    Args:
        folder: for scripts and the server's data.
        logs: folder for the stacks and what the command prints.

    Raises:
        Missing: py-spy cannot be installed or may not look, or the command failed.
    """
    spy = install("spy") / "py-spy"
    server = BenchServer(folder / "server")
    try:
        place = folder / "workload"
        written = workload.write(place)
        server.load_template(workload.load)
        command = CONTESTANTS["this-project"].prepare(Setup(workload, place, written, server))
        stacks = logs / "stacks.txt"
        stacks.parent.mkdir(parents=True, exist_ok=True)
        stacks.unlink(missing_ok=True)
        spied = _spy_on(command, spy, folder / "spied", stacks)
        usages = []
        # The first makes Dagster's files, which the others find.
        for name, one in (("first", command), ("plain", command), ("sampled", spied)):
            server.reset()
            usages.append(_run(one, logs / f"{name}.log"))
    finally:
        server.stop()
    if not stacks.exists():
        raise Missing(f"py-spy has seen nothing, see {logs}/sampled.log")
    found = list(read_stacks(stacks.read_text().splitlines()))
    _, plain, sampled = usages
    return sum_stacks(found, workload.title, plain, sampled.wall)


def read_stacks(lines: Iterable[str]) -> Iterator[Stack]:
    """Read py-spy's raw format: `thread (id): name;frame;frame number`."""
    for line in lines:
        words, _, seen = line.rpartition(" ")
        thread, *frames = words.split(";")
        yield Stack(thread.partition("): ")[2], tuple(frames), int(seen))


def sum_stacks(stacks: Sequence[Stack], title: str, plain: Usage, sampled: float) -> Profile:
    """Sum what was seen by part and package."""
    main, packages, workers = Counter[str](), Counter[str](), Counter[str]()
    for stack in stacks:
        if stack.thread in ("", MAIN):
            started = stack.thread or stack.frames
            main[find_part(stack.frames) if started else START] += stack.seen
            packages[find_package(stack.frames)] += stack.seen
        else:
            workers[find_worker_part(stack.frames)] += stack.seen
    ordered = (dict(counter.most_common()) for counter in (main, packages, workers))
    return Profile(title, plain.wall, plain.cpu, sampled, *ordered)


def spell_profile(profile: Profile) -> str:
    """The profile as three tables in Markdown."""
    text = (
        f"{profile.wall:.2f} s, of them {profile.cpu:.2f} s on a processor; {profile.sampled:.2f} s"
        f" while it was looked at {LOOKS} times a second."
    )
    wall = profile.wall
    parts = [
        f"### Where the client's time goes: {profile.title}",
        text,
        spell_shares("part of the main thread", profile.main, wall),
        spell_shares("code that the main thread is in", profile.packages, wall),
    ]
    if profile.workers:
        parts.append(spell_shares("part of the threads that build", profile.workers, None))
    return "\n\n".join(parts)


def spell_shares(title: str, seen: dict[str, int], wall: float | None) -> str:
    total = sum(seen.values()) or 1
    large = {part: times for part, times in seen.items() if times >= total / 200}
    if len(large) < len(seen):
        large["everything below 0.5 %"] = total - sum(large.values())
    rows = [[title, "%"] + (["about s"] if wall else [])]
    for part, times in large.items():
        row = [part, f"{100 * times / total:.1f}"]
        rows.append([*row, f"{wall * times / total:.2f}"] if wall else row)
    return "\n".join(spell_table(rows))


def _run(command: Command, log: Path) -> Usage:
    usage = run_measured(command.words, command.environment, command.folder, log)
    if usage.code != 0:
        raise Missing(f"exit code {usage.code}, see {log}")
    return usage


def _spy_on(command: Command, spy: Path, folder: Path, stacks: Path) -> Command:
    """The same command, in which the shell finds py-spy before the real `dagster`."""
    real = [PYTHON, PYTHON.parent / "dagster"]
    options = ["-r", LOOKS, "--function", "--threads", "--idle", "-f", "raw", "-o", stacks]
    words = shlex.join(str(word) for word in [spy, "record", *options, "--", *real])
    program = folder / "bin" / "dagster"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    program.chmod(0o755)
    *before, script = command.words
    spied = str(script).replace(LITERAL, f"PATH={shlex.quote(str(program.parent))}:$PATH {LITERAL}")
    return Command((*before, spied), command.environment, command.folder)
