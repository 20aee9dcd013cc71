"""A lock between processes that dies with its holders: flock on a file that is never removed."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def acquire(path: Path) -> int | None:
    """Take the lock without waiting; return the open file, or None when somebody holds it.

    The lock is held until every copy of the file, in whatever process, is closed.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise
    return file


def is_held(path: Path) -> bool:
    """Tell whether any process holds the lock."""
    if not path.exists():
        return False
    file = acquire(path)
    if file is None:
        return True
    os.close(file)
    return False


@contextmanager
def held(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock, waiting for it at most so long. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while (file := acquire(path)) is None:
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.02)
    try:
        yield
    finally:
        os.close(file)
