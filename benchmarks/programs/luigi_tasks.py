"""The tasks of the old pipeline: create all tables, fill lookups, make procedures, populate.

Each task has a target that is looked at before it runs and after; each look and each script goes
through a wrangler with an engine of its own, as there. The order is by priority alone, and one
worker keeps to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import luigi
import sqlalchemy
import yaml

PLAN: dict[str, Any] = json.loads(Path(os.environ["BENCH_PLAN"]).read_text())
STEPS: list[dict[str, Any]] = PLAN["steps"]
PLACE = {step["name"]: place for place, step in enumerate(STEPS)}
URL = os.environ["BENCH_URL"].replace("postgresql://", "postgresql+psycopg2://")
LOOKUPS = Path(PLAN["lookups"])


class Wrangler:
    """Reaches the database."""

    def __init__(self) -> None:
        self.engine = sqlalchemy.create_engine(URL)

    def execute(self, text: str) -> list[Any]:
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(text)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return rows
        finally:
            connection.close()
            self.engine.dispose()

    def check(self, condition: str) -> bool:
        """A query that fails counts as not done, as it did there."""
        try:
            return bool(self.execute(f"select {condition}")[0][0])
        except Exception:  # noqa: BLE001
            return False


class Target(luigi.Target):
    """Done when an SQL condition holds."""

    def __init__(self, condition: str) -> None:
        self.condition = condition

    def exists(self) -> bool:
        return Wrangler().check(self.condition)


def table_exists(name: str) -> Target:
    return Target(f"to_regclass('staging.{name}') is not null")


class CreateSchema(luigi.Task):
    priority = 1_000_000

    def output(self) -> Target:
        return Target("to_regnamespace('staging') is not null")

    def run(self) -> None:
        Wrangler().execute("drop schema if exists staging cascade; create schema staging")


class CreateTable(luigi.Task):
    table = luigi.Parameter()
    script = luigi.Parameter()

    @property
    def priority(self) -> int:
        return 500_000 - PLACE[self.table]

    def requires(self) -> luigi.Task:
        return CreateSchema()

    def output(self) -> Target:
        return table_exists(self.table)

    def run(self) -> None:
        Wrangler().execute(Path(self.script).read_text())


class CreateAllStagingTables(luigi.WrapperTask):
    def requires(self) -> Iterator[luigi.Task]:
        for step in STEPS:
            if step["kind"] in ("table", "lookup"):
                yield CreateTable(table=step["name"], script=step["scripts"][0])


class AlwaysRuns(luigi.Task):
    ran = False

    def complete(self) -> bool:
        return self.ran


class PopulateLookupTables(AlwaysRuns):
    """Deletes and inserts the rows of all lookup tables of the YAML, table after table."""

    def requires(self) -> luigi.Task:
        return CreateAllStagingTables()

    def run(self) -> None:
        for table, content in (yaml.safe_load(LOOKUPS.read_text()) or {}).items():
            wrangler = Wrangler()
            columns = [sqlalchemy.column(name) for name in content["columns"]]
            target = sqlalchemy.table(table, *columns, schema="staging")
            wrangler.execute(f"delete from staging.{table}")
            rows = [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]
            with wrangler.engine.begin() as connection:
                connection.execute(target.insert(), rows)
            wrangler.engine.dispose()
        self.ran = True


class PopulateStoredProcedures(AlwaysRuns):
    script = luigi.Parameter()
    place = luigi.IntParameter()

    @property
    def priority(self) -> int:
        return 250_000 - self.place

    def requires(self) -> luigi.Task:
        return PopulateLookupTables()

    def run(self) -> None:
        Wrangler().execute(Path(self.script).read_text())
        self.ran = True


class PopulateTable(luigi.Task):
    table = luigi.Parameter()
    script = luigi.Parameter()

    @property
    def priority(self) -> int:
        return 100_000 - PLACE[self.table]

    def requires(self) -> Iterator[luigi.Task]:
        yield PopulateLookupTables()
        for place, step in enumerate(STEPS):
            if step["kind"] == "procedures":
                yield PopulateStoredProcedures(script=step["scripts"][0], place=place)

    def output(self) -> Target:
        return Target(f"exists (select from staging.{self.table})")

    def run(self) -> None:
        Wrangler().execute(Path(self.script).read_text())


class Everything(luigi.WrapperTask):
    """PopulateAllStagingTables."""

    def requires(self) -> Iterator[luigi.Task]:
        yield PopulateLookupTables()
        for step in STEPS:
            if step["kind"] == "table" and len(step["scripts"]) > 1:
                yield PopulateTable(table=step["name"], script=step["scripts"][1])
