"""Lets Dagster make the databases of a new folder, where no ready ones can be laid into it.

    python -m staging_assets.defs.dagster_patches.make_history [FOLDER CONFIGURATION]

Without a folder, what Dagster makes becomes the ready ones of `staging_assets/dagster_home`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import dagster as dg

from staging_assets.dagster_home import READY, find_history_sql


def make_history(home: Path, configuration: str) -> None:
    """Let Dagster make its databases itself.

    Args:
        home: the folder.
        configuration: the name of Dagster's configuration in it.
    """
    with dg.DagsterInstance.from_config(str(home), configuration):
        pass


def _write_ready() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dagster.yaml").touch()
        make_history(Path(folder), "dagster.yaml")
        READY.write_text(find_history_sql(Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    try:
        if sys.argv[1:]:
            make_history(Path(sys.argv[1]), sys.argv[2])
        else:
            _write_ready()
    except Exception as error:  # noqa: BLE001 - whatever it is, who waits for it has to be told
        sys.exit(f"{type(error).__name__}: {error}".partition("\n")[0])
