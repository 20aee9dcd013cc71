"""Runs the commands that people type, in the activated environment, in the project's root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACTIVATE = Path(sys.prefix) / "bin" / "activate"

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
    clean["PATH"] = ":".join(
        part for part in clean["PATH"].split(":") if part not in (own, str(ROOT / "bin"))
    )
    return {**clean, **variables}


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
