"""The commands `dagster` and `staging-assets`, without the seconds that it takes to import Dagster.

Every command is a process of its own, with its own environment, folder and streams; it is forked
from one that has imported what the commands import, has run none of it and has read no environment.
From there on it is what `bin/dagster` or `bin/staging-assets` does, `staging_assets.pth` included,
or a script of Python's.
How a command *starts*, and what it does with signals, is tested with `run_typed` and `start_typed`.
That both ways say and do the same is tested in `end_to_end/test_forked_commands.py`.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

from staging_assets_tests.support.commands import ROOT

_IMPORTED = "staging_assets_tests.support.preloaded"


def run_forked(
    command: str,
    environment: Mapping[str, str],
    *,
    folder: Path = ROOT,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run one `dagster`, `staging-assets` or `python script.py`; what it printed, its exit code.

    Args:
        command: as typed into a shell, with nothing for the shell to do but to take off quotes.
        environment: all of its variables.
        folder: where it runs.
        timeout: seconds after which it is killed.
    """
    program, *words = shlex.split(command)
    assert program in _PROGRAMS
    with tempfile.TemporaryDirectory(prefix="forked-") as told:
        files = [Path(told, name) for name in ("out", "err")]
        process = find_context().Process(
            target=_run,
            args=(program, words, dict(environment), folder, [str(file) for file in files]),
        )
        process.start()
        process.join(timeout)
        code = process.exitcode
        if code is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
            raise subprocess.TimeoutExpired(command, timeout)
        out, err = (file.read_text() for file in files)
    return subprocess.CompletedProcess(command, code, out, err)


@cache
def find_context() -> ForkServerContext:
    """Makes processes that begin with Dagster and this project imported, and nothing run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_IMPORTED])
    return context


def _run(
    program: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    files: Sequence[str],
) -> None:
    """What the new process does."""
    os.setsid()
    for number, name in enumerate([os.devnull, *files]):
        file = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    bin_ = Path(sys.prefix) / "bin"
    # As the script `activate` has it.
    os.environ.update(environment, VIRTUAL_ENV=sys.prefix, PATH=f"{bin_}:{environment['PATH']}")
    sys.argv = [str(bin_ / program), *words]
    try:
        sys.exit(_PROGRAMS[program]())
    except Exception:  # noqa: BLE001 - as Python ends, which multiprocessing does otherwise
        sys.excepthook(*sys.exc_info())
        sys.exit(1)
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out


def _run_dagster() -> object:
    from staging_assets.dagster_command import prepare

    prepare()
    from dagster._cli import main

    return main()


def _run_staging_assets() -> object:
    from staging_assets.cli import main

    return main()


def _run_python() -> object:
    """`python script.py`: the Dagster that it imports is as it was installed, nothing changed."""
    sys.argv = sys.argv[1:]
    return runpy.run_path(sys.argv[0], run_name="__main__") and None


_PROGRAMS = {
    "dagster": _run_dagster,
    "staging-assets": _run_staging_assets,
    "python": _run_python,
}
