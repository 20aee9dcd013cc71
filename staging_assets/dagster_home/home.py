"""Makes the folder in which Dagster keeps its runs.

Two commands that begin in a new folder at the same time would both make Dagster's databases, and
Dagster then takes the history for a broken one ever after. So they are made once, under a lock, and
`dagster.yaml` comes last: who finds it finds everything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from staging_assets.dagster_home.ready_history import lay_history
from staging_assets.file_lock import held

CONFIGURATION = Path(__file__).with_name("dagster.yaml")
POSTGRES_CONFIGURATION = Path(__file__).with_name("dagster_postgres.yaml")
_PATIENCE = 60.0
"""Seconds to wait for another command that is making the folder."""


def make_home(home: Path, configuration: Path = CONFIGURATION) -> str | None:
    """Make the folder, with its databases and its `dagster.yaml`; what is in it already is kept.

    Args:
        home: the folder.
        configuration: the file that becomes its `dagster.yaml`.

    Returns what to say when it cannot be made.
    """
    try:
        return _make_home(home, configuration)
    except TimeoutError:
        reason = "another command has been making it for a minute"
    except OSError as error:
        reason = error.strerror or str(error)
    return (
        f"{home}: Dagster's history cannot be kept here: {reason}."
        " Set STAGING_HOME or DAGSTER_HOME to a folder that can be written."
    )


def _make_home(home: Path, configuration: Path) -> str | None:
    text = configuration.read_text(encoding="utf-8")
    named = home / "dagster.yaml"
    if _holds(named, text):
        return None
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(home / "making.lock", _PATIENCE):
        if _holds(named, text):
            return None
        beside = home / "dagster.new.yaml"
        beside.write_text(text, encoding="utf-8")
        # Whatever else it says than the stock one, Dagster makes what that needs itself.
        if configuration != CONFIGURATION or not lay_history(home):
            refusal = _let_dagster_make(home, beside.name)
            if refusal is not None:
                return refusal
        beside.replace(named)
    return None


def _holds(file: Path, text: str) -> bool:
    try:
        return file.read_text(encoding="utf-8", errors="replace") == text
    except FileNotFoundError:
        return False


def _let_dagster_make(home: Path, configuration: str) -> str | None:
    """Let Dagster make its databases, in a process of its own: this one may be no Dagster yet."""
    module = "staging_assets.defs.dagster_patches.make_history"
    done = subprocess.run(
        [sys.executable, "-m", module, str(home), configuration],
        env={**os.environ, "DAGSTER_HOME": str(home)},  # dagster.yaml names it
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return None
    told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return f"{home}: Dagster cannot make its history: {told[-1]}"
