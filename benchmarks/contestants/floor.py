"""What Dagster itself costs: a multi-asset of as many assets and checks that does nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.contestants.common import (
    PROGRAMS,
    PYTHON,
    ROOT,
    Command,
    Setup,
    clean_environment,
    write_plan,
)

HOME_CONFIGURATION = ROOT / "staging_assets" / "dagster_home" / "dagster.yaml"


class Floor:
    """The least that a run with these assets and checks can take.

    Args:
        same_log: whether its runs are kept as this project's command keeps them, in a
            DAGSTER_HOME with the same dagster.yaml, and not in Dagster's temporary storage.
    """

    builds = False
    keys = False

    def __init__(self, *, same_log: bool = False) -> None:
        self.name = "floor-same-log" if same_log else "floor"
        self._same_log = same_log

    def prepare(self, setup: Setup) -> Command:
        variables = {"BENCH_PLAN": str(write_plan(setup))}
        if self._same_log:
            variables["DAGSTER_HOME"] = str(_make_home(setup.folder / self.name))
        environment = clean_environment(PYTHON.parent, **variables)
        program = PROGRAMS / "floor_assets.py"
        words = ("dagster", "asset", "materialize", "--select", "*", "-f", program)
        return Command(words, environment, setup.folder)


def _make_home(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(HOME_CONFIGURATION, home / "dagster.yaml")
    return home
