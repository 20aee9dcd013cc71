"""Runs the commands that people type, in the activated environment, in the project's root."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from staging_assets.dagster_home import make_home
from staging_assets.file_lock import held

ROOT = Path(__file__).parents[2]
BIN = Path(sys.prefix) / "bin"
ACTIVATE = BIN / "activate"

# What a person's shell does not have set, and a test run may.
_NOT_SET_BY_HAND = ("STAGING_", "DAGSTER_", "PG", "VIRTUAL_ENV", "PYTEST_")


def find_environment(**variables: str) -> dict[str, str]:
    """The environment of a newcomer's shell, plus `variables`."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_SET_BY_HAND) and name != "PYTHONDONTWRITEBYTECODE"
    }
    own = str(Path(sys.prefix) / "bin")
    clean["PATH"] = ":".join(part for part in clean["PATH"].split(":") if part != own)
    return {**clean, **variables}


def copy_history(run: Path, home: Path) -> None:
    """Put an empty history of Dagster's into a STAGING_HOME, as the first command there would.

    Making one takes longer than a small command; a copy takes a moment.

    Args:
        run: a folder that names the test run; what is copied is made in it once.
        home: the STAGING_HOME, which exists.
    """
    made = run / "history"
    with held(run / "history.lock", 120):
        if not made.exists():
            assert make_home(made) is None
    shutil.copytree(made, home / "dagster")


def run_typed(
    command: str,
    environment: Mapping[str, str],
    *,
    activate: bool = True,
    folder: Path = ROOT,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run one line as typed into bash, and return what it printed and its exit code."""
    line = f"source '{ACTIVATE}' && {command}" if activate else command
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def start_typed(command: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Begin one line as typed into bash, in a session of its own, and leave it to the caller.

    Args:
        command: takes the shell's place, so that signals reach it.
        environment: all of its variables.
    """
    return subprocess.Popen(
        ["bash", "-c", f"source '{ACTIVATE}' && exec {command}"],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        # As a terminal has it: a test run in the background ignores Ctrl-C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
