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
        empty: whether there is a single asset, whatever the workload: what is left is Dagster's
            start.
    """

    builds = False
    keys = False

    def __init__(self, *, same_log: bool = False, empty: bool = False) -> None:
        self.name = "floor-start" if empty else "floor-same-log" if same_log else "floor"
        self._same_log, self._empty = same_log, empty

    def prepare(self, setup: Setup) -> Command:
        plan = write_plan(setup)
        if self._empty:
            plan = plan.with_name("empty_plan.json")
            plan.write_text('{"steps": [], "sources": []}')
        variables = {"BENCH_PLAN": str(plan)}
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
