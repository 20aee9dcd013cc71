"""Where a run of the benchmarks keeps what it needs while it runs: a folder for each process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from staging_assets.postgres.embedded.postmaster import is_running
from staging_assets.postgres.embedded.server import EmbeddedServer


@contextmanager
def work_folder(above: Path) -> Iterator[Path]:
    """Give this process a folder below `above`, and remove it and what dead ones have left."""
    for left in above.glob("*"):
        if not (left.name.isdigit() and is_running(int(left.name))):
            _remove(left)
    folder = above / str(os.getpid())
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    for home in folder.glob("*/server"):
        EmbeddedServer(home).stop()
    shutil.rmtree(folder, ignore_errors=True)
