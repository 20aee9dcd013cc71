"""dbt-postgres with the same SELECTs, with and without constraints that the database enforces."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.contestants.common import (
    WORKERS,
    Command,
    LeftOut,
    Missing,
    Setup,
    clean_environment,
    install,
)
from benchmarks.server import DATABASE
from benchmarks.workload import Column, Table, spell_row

_OPTIONS = ("--no-version-check", "--no-send-anonymous-usage-stats", "--no-use-colors")


class Dbt:
    """`dbt run` of one model a table.

    It has no serial columns: the models number the rows in the same order instead. Before the
    time is taken its project is parsed once, as it would be for somebody who works in it.

    Args:
        enforced: whether the models have contracts with keys, which the database enforces.
        cold: whether dbt parses its project in every run, and not just what has changed in it.
    """

    builds = True

    def __init__(self, *, enforced: bool = False, cold: bool = False) -> None:
        self.name = "dbt" + ("-enforced" if enforced else "") + ("-cold" if cold else "")
        self.keys = enforced
        self._run = ("run", "--no-partial-parse") if cold else ("run",)

    def prepare(self, setup: Setup) -> Command:
        if not setup.workload.tables:
            raise LeftOut("nobody has written these scripts as dbt models")
        programs = install("dbt")
        folder = setup.folder / self.name
        self._write(setup, folder)
        environment = clean_environment(programs, DO_NOT_TRACK="1", DBT_PROFILES_DIR=str(folder))
        parse = ("dbt", *_OPTIONS, "parse")
        done = subprocess.run(
            parse, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Missing(f"dbt cannot read its models: {' '.join(done.stdout.split())[-300:]}")
        return Command(("dbt", *_OPTIONS, *self._run), environment, folder)

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


def _model(table: Table) -> str:
    if table.lookup is not None:
        rows = ",\n    ".join(spell_row(row) for row in table.lookup)
        names = ", ".join(column.name for column in table.columns)
        return f"select * from (\n    values\n    {rows}\n) as v ({names})\n"
    select = table.select
    if table.serial:
        number = f"(row_number() over (order by {table.order}))::int as {table.key.name}"
        select = select.replace("select\n", f"select\n    {number},\n", 1)
    select = re.sub(r"staging\.(\w+)", r"{{ ref('\1') }}", select)
    return f"{select}\norder by {table.order}\n"


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
