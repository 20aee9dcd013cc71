"""What a command costs: wall and CPU seconds of it and of the server, and its memory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SAMPLE_SECONDS = 0.1
# Dagster spells a duration as 850ms, 12.34s, 1m23s or 1h2m.
_STEP_ENDED = re.compile(
    r'Finished execution of step "staging_build" in '
    r"(?:(?P<ms>[\d.]+)ms|(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>[\d.]+)s)?)\."
)
# The project's own last lines: Dagster's log is quiet there.
_BUILD_ENDED = re.compile(r"^\d+ built, .* in ([\d.]+) s$", re.MULTILINE)


@dataclass(frozen=True)
class Usage:
    """What one command used.

    Args:
        wall: seconds from start to end.
        cpu: seconds of its process and all processes below it, user and system.
        peak_mb: largest sum of the resident sizes of these processes, seen ten times a second.
        code: exit code.
        output_bytes: what it printed, both streams.
    """

    wall: float
    cpu: float
    peak_mb: float
    code: int
    output_bytes: int


def run_measured(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    most_seconds: float = 2400,
) -> Usage:
    """Run a command to its end; what it prints goes to the file `log`.

    It is killed after `most_seconds`: whoever hangs is to fail, not to hold up the others.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        start = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        killer = threading.Timer(most_seconds, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        with _Memory(process.pid) as memory:
            try:
                # Not Popen.wait: this also tells what the process and its children used.
                _, status, used = os.wait4(process.pid, 0)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            finally:
                killer.cancel()
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    largest = max(memory.peak, used.ru_maxrss * 1024)
    return Usage(
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        peak_mb=largest / 2**20,
        code=process.returncode,
        output_bytes=log.stat().st_size,
    )


def read_step_seconds(log: Path) -> float | None:
    """Seconds of Dagster's step `staging_build` by what the command printed; None without one."""
    text = log.read_text(errors="replace")
    found = _STEP_ENDED.search(text)
    if found is None:
        own = _BUILD_ENDED.search(text)
        return None if own is None else float(own[1])
    if found["ms"]:
        return float(found["ms"]) / 1000
    return int(found["h"] or 0) * 3600 + int(found["m"] or 0) * 60 + float(found["s"] or 0)


def read_server_seconds(postmaster: int) -> float:
    """CPU seconds of a Postgres server: the postmaster, its ended children, its live children.

    The kernel adds a child's time to its parent's when the parent has collected it. A child that
    ends in the midst of reading would be missed or counted twice: read until nothing has moved.
    """
    while True:
        before = _children(postmaster)
        seconds = _seconds(postmaster, ended=True)
        seconds += sum(_seconds(child, ended=True) for child in before)
        if _children(postmaster) == before:
            return seconds


def _seconds(pid: int, *, ended: bool) -> float:
    try:
        # The name, in parentheses, may hold blanks.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    user, system, user_ended, system_ended = (int(field) for field in fields[11:15])
    return (user + system + (user_ended + system_ended if ended else 0)) / _TICKS


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in path.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return sorted(found)


class _Memory:
    """Looks at the memory of a process and all below it while it runs; `peak` is in bytes."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            self.peak = max(self.peak, _tree_bytes(self._pid))


def _tree_bytes(pid: int) -> int:
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return own + sum(_tree_bytes(child) for child in _children(pid))
