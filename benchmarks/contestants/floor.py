"""What Dagster itself costs: a multi-asset of as many assets and checks that does nothing."""

from __future__ import annotations

from benchmarks.contestants.common import (
    PROGRAMS,
    PYTHON,
    Command,
    Setup,
    clean_environment,
    write_plan,
)


class Floor:
    """The least that a run with these assets and checks can take."""

    name = "floor"
    builds = False
    keys = False

    def prepare(self, setup: Setup) -> Command:
        environment = clean_environment(PYTHON.parent, BENCH_PLAN=str(write_plan(setup)))
        program = PROGRAMS / "floor_assets.py"
        words = ("dagster", "asset", "materialize", "--select", "*", "-f", program)
        return Command(words, environment, setup.folder)
