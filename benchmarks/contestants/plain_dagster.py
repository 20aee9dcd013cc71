"""What one would first write in Dagster: an `@asset` for each table, and its default executor."""

from __future__ import annotations

from benchmarks.contestants.common import (
    PROGRAMS,
    PYTHON,
    Command,
    Setup,
    clean_environment,
    write_plan,
)


class PlainDagster:
    """Every asset runs its CREATE and its POPULATE script, each in a process of its own."""

    name = "plain-dagster"
    builds = True
    keys = True

    def prepare(self, setup: Setup) -> Command:
        environment = clean_environment(
            PYTHON.parent, BENCH_PLAN=str(write_plan(setup)), BENCH_URL=setup.server.url
        )
        program = PROGRAMS / "plain_assets.py"
        words = ("dagster", "asset", "materialize", "--select", "*", "-f", program)
        return Command(words, environment, setup.folder)
