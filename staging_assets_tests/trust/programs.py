"""What is killed, stopped and run side by side: programs of this project in processes of their own.

They are forked from a process that has imported everything, so that one costs a fraction of a
second; each has a session and a process group of its own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from staging_assets_tests.support.forked import find_context


def build(dsn: str, folder: str, schema: str) -> None:
    """Build everything in a folder."""
    from staging_assets.builder import BuildOptions
    from staging_assets.checks import KINDS
    from staging_assets.postgres import Server
    from staging_assets.project import load_project
    from staging_assets.scheduler import run_build

    project = load_project(Path(folder), "demo", KINDS)
    options = BuildOptions(schema=schema, run_id="child", workers=2)
    results = list(run_build(Server(dsn), project, project.nodes, options))
    bad = [result for result in results if result.status not in ("built", "unchanged")]
    if bad:
        raise SystemExit(f"{bad[0].node}: {bad[0].message}")


def promote(dsn: str, folder: str, schema: str) -> None:
    """Put `<schema>_next` in the place of the schema."""
    from staging_assets.checks import KINDS
    from staging_assets.postgres import Server
    from staging_assets.project import load_project
    from staging_assets.publisher import run_promote

    run_promote(Server(dsn), load_project(Path(folder), "demo", KINDS), schema)


def roll_back(dsn: str, folder: str, schema: str) -> None:
    """Take the last promotion back."""
    from staging_assets.checks import KINDS
    from staging_assets.postgres import Server
    from staging_assets.project import load_project
    from staging_assets.publisher import run_rollback

    run_rollback(Server(dsn), load_project(Path(folder), "demo", KINDS), schema)


@contextmanager
def running(
    program: Callable[[str, str, str], None], dsn: str, folder: Path, schema: str = "staging"
) -> Iterator[ForkServerProcess]:
    """Start one of the above; whatever is left of it in the end is killed.

    Args:
        program: one of the above.
        dsn: the database.
        folder: of the scripts.
        schema: the live one.
    """
    process = find_context().Process(target=_begin, args=(program, dsn, str(folder), schema))
    process.start()
    try:
        yield process
    finally:
        kill(process.pid or 0)
        process.join()


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _begin(program: Callable[[str, str, str], None], dsn: str, folder: str, schema: str) -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    program(dsn, folder, schema)
