"""SQLMesh with the same SELECTs: a model a table, `plan` and apply in one command."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.contestants.common import (
    WORKERS,
    Changes,
    Command,
    LeftOut,
    Setup,
    clean_environment,
    install,
)
from benchmarks.contestants.dbt import select_numbered
from benchmarks.server import DATABASE
from benchmarks.workload import Table, spell_row


class SqlMesh:
    """`sqlmesh plan --auto-apply` of full models.

    It makes no keys, and numbers rows as the dbt models do. `staging` holds views of the tables
    that it makes in `sqlmesh__staging`, which is how it works. Its state is in the same database.
    """

    name = "sqlmesh"
    builds = True
    keys = False

    def prepare(self, setup: Setup) -> Command:
        if not setup.workload.tables:
            raise LeftOut("nobody has written these scripts as SQLMesh models")
        programs = install("sqlmesh")
        folder = setup.folder / self.name
        (folder / "models").mkdir(parents=True, exist_ok=True)
        connection = {
            "type": "postgres",
            "host": setup.server.sockets,
            "port": 5432,
            "user": "postgres",
            "password": "",
            "database": DATABASE,
            "concurrent_tasks": WORKERS,
        }
        configuration = {
            "gateways": {"bench": {"connection": connection}},
            "default_gateway": "bench",
            "model_defaults": {"dialect": "postgres", "start": "2026-01-01"},
        }
        (folder / "config.yaml").write_text(json.dumps(configuration, indent=1))
        for table in setup.workload.tables:
            _write_model(folder, table)
        environment = clean_environment(
            programs, SQLMESH__DISABLE_ANONYMIZED_ANALYTICS="1", DO_NOT_TRACK="1"
        )
        words = ("sqlmesh", "plan", "--auto-apply", "--no-prompts")
        return Command(words, environment, folder)

    def prepare_changes(self, setup: Setup) -> Changes:
        """The same command builds everything and what has changed."""
        command = self.prepare(setup)
        return Changes(command, lambda table: _write_model(command.folder, table), command)


def _write_model(folder: Path, table: Table) -> None:
    if table.lookup is not None:
        rows = ",\n    ".join(spell_row(row) for row in table.lookup)
        names = ", ".join(column.name for column in table.columns)
        query = f"select {names} from (\n    values\n    {rows}\n) as v ({names})"
    else:
        query = f"{select_numbered(table)}\norder by {table.order}"
    model = f"MODEL (\n    name staging.{table.name},\n    kind FULL\n);\n\n{query}\n"
    (folder / "models" / f"{table.name}.sql").write_text(model)
