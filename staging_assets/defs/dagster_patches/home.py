"""Makes the folder in which Dagster keeps its runs: `dagster_command` runs this when there is none.

Two commands that begin in a new folder at the same time would both make Dagster's databases, and
Dagster then takes the history for a broken one ever after. So they are made once, under a lock, and
`dagster.yaml` comes last: who finds it finds everything.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from staging_assets.defs.dagster_patches.ready_history import lay_history, make_history
from staging_assets.postgres import held

CONFIGURATION = Path(__file__).with_name("dagster.yaml")
_PATIENCE = 60.0
"""Seconds to wait for another command that is making the folder."""


def make_home(home: Path, configuration: Path = CONFIGURATION) -> None:
    """Make the folder, with its databases and its `dagster.yaml`.

    Args:
        home: the folder; what is in it already is kept.
        configuration: the file that becomes its `dagster.yaml`.

    Raises OSError when the folder cannot be written; TimeoutError, which is one, when another
    command has been making it for a minute.
    """
    text = configuration.read_text(encoding="utf-8")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    named = home / "dagster.yaml"
    with held(home / "making.lock", _PATIENCE):
        if named.exists() and named.read_text(encoding="utf-8") == text:
            return
        beside = home / "dagster.new.yaml"
        beside.write_text(text, encoding="utf-8")
        # Whatever else it says than the stock one, Dagster makes what that needs itself.
        if configuration != CONFIGURATION or not lay_history(home):
            make_history(home, beside.name)
        beside.replace(named)


if __name__ == "__main__":
    os.environ["DAGSTER_HOME"] = sys.argv[1]  # dagster.yaml names it
    try:
        make_home(Path(sys.argv[1]), *map(CONFIGURATION.with_name, sys.argv[2:]))
    except OSError as error:
        reason = error.strerror or "another command has been making it for a minute"
        sys.exit(
            f"{sys.argv[1]}: Dagster's history cannot be kept here: {reason}."
            " Set STAGING_HOME or DAGSTER_HOME to a folder that can be written."
        )
