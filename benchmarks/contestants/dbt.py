"""dbt-postgres with the same SELECTs, with and without constraints that the database enforces."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.contestants.common import (
    WORKERS,
    Changes,
    Command,
    LeftOut,
    Missing,
    Setup,
    clean_environment,
    install,
)
from benchmarks.server import DATABASE
from benchmarks.workload import Column, Table, spell_row

OPTIONS = ("--no-version-check", "--no-send-anonymous-usage-stats", "--no-use-colors")


class DbtModels:
    """A dbt project with one model a table.

    It has no serial columns: the models number the rows in the same order instead. The project is
    parsed once before the time is taken, as it would be for somebody who works in it.

    Args:
        name: of the contestant.
        enforced: whether the models have contracts with keys, which the database enforces.
        environment: the virtual environment whose dbt is used.
    """

    builds = True

    def __init__(self, name: str, *, enforced: bool, environment: str) -> None:
        self.name, self.keys, self._environment = name, enforced, environment

    def prepare_project(self, setup: Setup) -> tuple[Path, Path]:
        """Write the project and have it parsed; return its folder and that of the programs.

        Raises Missing when it cannot be.
        """
        if not setup.workload.tables:
            raise LeftOut("nobody has written these scripts as dbt models")
        programs = install(self._environment)
        folder = setup.folder / self.name
        self._write(setup, folder)
        environment = tell_dbt(programs, folder)
        parse = ("dbt", *OPTIONS, "parse")
        done = subprocess.run(
            parse, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Missing(f"dbt cannot read its models: {' '.join(done.stdout.split())[-300:]}")
        return folder, programs

    def _write(self, setup: Setup, folder: Path) -> None:
        (folder / "models").mkdir(parents=True, exist_ok=True)
        _write_json(
            folder / "dbt_project.yml",
            {
                "name": "bench",
                "version": "1.0",
                "profile": "bench",
                "models": {"bench": {"+materialized": "table"}},
            },
        )
        output = {
            "type": "postgres",
            "host": setup.server.sockets,
            "port": 5432,
            "user": "postgres",
            "password": "",
            "dbname": DATABASE,
            "schema": "staging",
            "threads": WORKERS,
        }
        _write_json(
            folder / "profiles.yml", {"bench": {"target": "bench", "outputs": {"bench": output}}}
        )
        tables = setup.workload.tables
        for table in tables:
            (folder / "models" / f"{table.name}.sql").write_text(_model(table))
        if self.keys:
            models = [_contract(table) for table in tables]
            _write_json(folder / "models/schema.yml", {"version": 2, "models": models})


class Dbt(DbtModels):
    """`dbt run`.

    Args:
        enforced: whether the models have contracts with keys, which the database enforces.
        cold: whether dbt parses its project in every run, and not just what has changed in it.
    """

    def __init__(self, *, enforced: bool = False, cold: bool = False) -> None:
        name = "dbt" + ("-enforced" if enforced else "") + ("-cold" if cold else "")
        super().__init__(name, enforced=enforced, environment="dbt")
        self._run = ("run", "--no-partial-parse") if cold else ("run",)

    def prepare(self, setup: Setup) -> Command:
        folder, programs = self.prepare_project(setup)
        return Command(("dbt", *OPTIONS, *self._run), tell_dbt(programs, folder), folder)

    def prepare_changes(self, setup: Setup) -> Changes:
        """What has changed is told from the manifest of the run before."""
        build = self.prepare(setup)

        def edit(table: Table) -> None:
            state = build.folder / "state"
            state.mkdir(exist_ok=True)
            shutil.copy(build.folder / "target/manifest.json", state)
            (build.folder / "models" / f"{table.name}.sql").write_text(_model(table))

        words = (*build.words, "--select", "state:modified+", "--state", "state")
        return Changes(build, edit, Command(words, build.environment, build.folder))


def tell_dbt(programs: Path, folder: Path) -> dict[str, str]:
    """The environment of a dbt with its profiles in this folder."""
    return clean_environment(programs, DO_NOT_TRACK="1", DBT_PROFILES_DIR=str(folder))


def _model(table: Table) -> str:
    if table.lookup is not None:
        rows = ",\n    ".join(spell_row(row) for row in table.lookup)
        names = ", ".join(column.name for column in table.columns)
        return f"select * from (\n    values\n    {rows}\n) as v ({names})\n"
    select = re.sub(r"staging\.(\w+)", r"{{ ref('\1') }}", select_numbered(table))
    return f"{select}\norder by {table.order}\n"


def select_numbered(table: Table) -> str:
    """The SELECT of a table, its serial key numbered in the same order."""
    if not table.serial:
        return table.select
    number = f"(row_number() over (order by {table.order}))::int as {table.key.name}"
    return table.select.replace("select\n", f"select\n    {number},\n", 1)


def _contract(table: Table) -> dict[str, Any]:
    constraints: list[dict[str, Any]] = [
        {"type": "primary_key", "name": f"{table.name}_pkey", "columns": [table.key.name]}
    ]
    constraints += [
        {
            "type": "foreign_key",
            "name": f"{table.name}_{column.name}_fkey",
            "columns": [column.name],
            "to": f"ref('{column.references[0]}')",
            "to_columns": [column.references[1]],
        }
        for column in table.columns
        if column.references
    ]
    return {
        "name": table.name,
        "config": {"contract": {"enforced": True}},
        "columns": [_column(table, column) for column in table.columns],
        "constraints": constraints,
    }


def _column(table: Table, column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "data_type": column.type}
    if column is table.key or not column.nullable:
        told["constraints"] = [{"type": "not_null"}]
    return told


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1))  # JSON is YAML
