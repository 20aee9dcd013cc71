"""dagster-dbt, which somebody who has Dagster and SQL would pick: dbt's models as assets."""

from __future__ import annotations

from benchmarks.contestants.common import PROGRAMS, Command, Setup
from benchmarks.contestants.dbt import DbtModels, tell_dbt


class DagsterDbt(DbtModels):
    """`dagster asset materialize` of one `@dbt_assets` with a model a table.

    The models are those of the contestant dbt. The manifest is written before the time is taken,
    as a deployment does it.

    Args:
        in_process: whether Dagster runs the step in its own process, and not in one more, as it
            does by default.
        enforced: whether the models have contracts with keys, which the database enforces.
    """

    def __init__(self, *, in_process: bool = False, enforced: bool = False) -> None:
        words = ("dagster-dbt", "in-process" if in_process else "", "enforced" if enforced else "")
        name = "-".join(filter(None, words))
        super().__init__(name, enforced=enforced, environment="dagster-dbt")
        self._executor = "in_process" if in_process else "default"

    def prepare(self, setup: Setup) -> Command:
        project, programs = self.prepare_project(setup)
        environment = {
            **tell_dbt(programs, project),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "BENCH_DBT": str(project),
            "BENCH_EXECUTOR": self._executor,
        }
        program = PROGRAMS / "dbt_assets.py"
        words = ("dagster", "asset", "materialize", "--select", "*", "-f", program)
        return Command(words, environment, setup.folder)
