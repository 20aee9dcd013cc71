"""The embedded server's process: found by its pid file, started detached, stopped by signal."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from staging_assets.file_lock import acquire, is_held
from staging_assets.postgres.embedded.binaries import ServerUser

PORT = 5432
PID_FILE = "postmaster.pid"


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says. It may be stale, and its pid another process by now.

    Args:
        pid: of the postmaster.
        started: seconds since 1970.
        sockets: folder of its socket; None while it is starting.
        ready: whether it takes connections.
    """

    pid: int
    started: int
    sockets: Path | None
    ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Read the pid file of a data directory; None when there is none or it is half written."""
    try:
        lines = (data / PID_FILE).read_text().splitlines()
        pid, started = int(lines[0]), int(lines[2])
    except (OSError, IndexError, ValueError):
        return None
    sockets = lines[4].strip() if len(lines) > 4 else ""
    ready = len(lines) > 7 and lines[7].strip() in ("ready", "standby")
    return Postmaster(pid, started, Path(sockets) if sockets else None, ready)


def is_running(pid: int) -> bool:
    """Tell whether there is a process of this number, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def is_postmaster(pid: int, data: Path) -> bool:
    """Tell whether the process is a server on this data directory, and not one that got its pid."""
    return is_running(pid) and f"-D\0{data}\0" in _command_line(pid)


def launch(programs: Path, data: Path, log: Path, lock: Path, user: ServerUser) -> bool:
    """Start the server so that it outlives this process and holds nothing of it.

    Its processes hold `lock` for as long as any of them lives, whoever looks from whatever
    container. Returns False when some server holds it already.
    """
    file = acquire(lock)
    if file is None:
        return False
    try:
        with log.open("ab") as output:
            # The shell ends at once, so that the server is nobody's child and no zombie later.
            subprocess.run(
                ["/bin/sh", "-c", '"$@" &', "sh", str(programs / "postgres"), "-D", str(data)],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
                pass_fds=[file],
                **user.options(),
            )
    finally:
        os.close(file)
    return True


def wait_until_gone(lock: Path, seconds: float) -> bool:
    """Wait until no process of the server lives; False when some still do."""
    end = time.monotonic() + seconds
    while is_held(lock):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def end_orphans(data: Path, lock: Path) -> bool:
    """End what is left of a server whose postmaster was killed; True when nothing is left.

    Idle backends leave by themselves; a busy one notices only when its statement ends, and as
    long as it lives no new server can use the data.
    """
    if wait_until_gone(lock, 2):
        return True
    for name in (signal.SIGQUIT, signal.SIGKILL):
        for pid in _find_processes(data):
            try:
                os.kill(pid, name)
            except (ProcessLookupError, PermissionError):
                continue
        if wait_until_gone(lock, 3):
            return True
    return False


def _find_processes(data: Path) -> list[int]:
    """Processes of a server on this data directory: its working directory is theirs."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data and "postgres" in (entry / "exe").readlink().name:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _command_line(pid: int) -> str:
    """The arguments of a process, each ended by a NUL; empty when they cannot be seen."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        pass
    if Path("/proc/self/cmdline").exists():
        return ""
    seen = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return seen.stdout.strip().replace(" -D ", " -D\0") + "\0"
