"""A folder for a server that all worker processes of a test run share."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from staging_assets.file_lock import held
from staging_assets.postgres.embedded.postmaster import is_running
from staging_assets.postgres.embedded.server import EmbeddedServer

_PREFIX = "staging-assets-tests-"
_MEMORY = Path("/dev/shm")
_LEAST_ROOM = 4 * 2**30
"""Bytes that have to be free there."""


def find_room() -> Path:
    """Where data are kept that are thrown away: in memory, if there is enough of it.

    A table is three to ten files, and tests make and drop thousands. On a disk (ext4) a new file
    looks for its place past all those that were removed in the last seconds, and that was a fifth
    of what the servers did.
    """
    if os.access(_MEMORY, os.W_OK | os.X_OK):
        room = os.statvfs(_MEMORY)
        found = re.search(r"MemAvailable: *(\d+) kB", Path("/proc/meminfo").read_text())
        available = int(found[1]) * 1024 if found else 0
        if min(room.f_bavail * room.f_frsize, available) > _LEAST_ROOM:
            return _MEMORY
    return Path(tempfile.gettempdir())


@contextmanager
def shared_home(run: Path, kind: str) -> Iterator[Path]:
    """Give a folder that all processes of a test run share; the last one to leave removes it.

    Args:
        run: a folder that names the test run.
        kind: tells several shared folders apart.

    It is not below pytest's own folder, which nobody but root may enter when root runs the tests.
    """
    record = run / f"{kind}.home"
    with held(run / f"{kind}.lock", 60):
        if not record.exists():
            _sweep()
            name = _PREFIX + sha256(f"{run}:{kind}".encode()).hexdigest()[:12]
            record.write_text(str(find_room() / name))
        home = Path(record.read_text())
        home.mkdir(exist_ok=True)
        home.chmod(0o755)
        user = home / f"user-{os.getpid()}"
        user.touch()
    try:
        yield home
    finally:
        with held(run / f"{kind}.lock", 60):
            user.unlink(missing_ok=True)
            if not any(home.glob("user-*")):
                _remove(home)


def _sweep() -> None:
    """Remove what test runs left that were killed."""
    for home in [
        home for room in (_MEMORY, Path(tempfile.gettempdir())) for home in room.glob(f"{_PREFIX}*")
    ]:
        if home.is_dir():
            users = list(home.glob("user-*"))
            dead = [user for user in users if not is_running(int(user.name.removeprefix("user-")))]
            for user in dead:
                user.unlink(missing_ok=True)
            if users and len(dead) == len(users):
                _remove(home)


def _remove(home: Path) -> None:
    EmbeddedServer(home).stop()
    with suppress(OSError, ValueError, ProcessLookupError):
        pid = int((home / "data15" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
    shutil.rmtree(home, ignore_errors=True)
