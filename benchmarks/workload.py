"""What is built: the tables of a workload, their scripts, and the raw schema they read.

A workload says everything once. The folder of scripts, dbt's models and the hand-written load
are all written from it, so that every contestant runs the same SELECTs over the same rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from staging_assets.postgres.client.server import Server

DEPARTMENT = "bench"


@dataclass(frozen=True)
class Column:
    """One column; `references` is (table, column) of a foreign key."""

    name: str
    type: str
    references: tuple[str, str] | None = None
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """One staging table.

    Args:
        columns: all of them; the first is the primary key.
        serial: whether the key is filled by its default, in the order of `order`.
        lookup: rows of a lookup table, else None.
        select: gives all columns (but a serial key), written with `staging.` and `etl.` names.
        order: what the SELECT is ordered by.
        reads: staging tables that the SELECT reads.
        size: rows, roughly; the hand-written load starts with the largest.
    """

    name: str
    columns: tuple[Column, ...]
    serial: bool = False
    lookup: tuple[tuple[Any, ...], ...] | None = None
    select: str = ""
    order: str = ""
    reads: tuple[str, ...] = ()
    size: int = 0

    @property
    def key(self) -> Column:
        return self.columns[0]

    @property
    def needs(self) -> tuple[str, ...]:
        """The tables that must be there before this one."""
        keys = (column.references[0] for column in self.columns if column.references)
        return tuple(dict.fromkeys((*self.reads, *keys)))

    @property
    def primary_key(self) -> str:
        return f"constraint {self.name}_pkey primary key ({self.key.name})"

    @property
    def foreign_keys(self) -> tuple[str, ...]:
        return tuple(
            f"constraint {self.name}_{column.name}_fkey foreign key ({column.name}) "
            f"references staging.{column.references[0]} ({column.references[1]})"
            for column in self.columns
            if column.references
        )

    def create(self, *, keys: bool = True) -> str:
        """The CREATE statement."""
        lines = [self._column(column) for column in self.columns]
        if keys:
            lines += [self.primary_key, *self.foreign_keys]
        return f"create table staging.{self.name} (\n    " + ",\n    ".join(lines) + "\n);\n"

    def insert(self) -> str:
        """The statement that fills it."""
        names = [column.name for column in self.columns]
        if self.lookup is not None:
            return spell_insert(self.name, names, self.lookup)
        columns = ", ".join(names[1:] if self.serial else names)
        return (
            f"insert into staging.{self.name} ({columns})\n{self.select}\norder by {self.order};\n"
        )

    def _column(self, column: Column) -> str:
        kind = "serial" if self.serial and column is self.key else column.type
        required = " not null" if column is self.key or not column.nullable else ""
        return f"{column.name} {kind}{required}"


@dataclass(frozen=True)
class Step:
    """One thing that contestants run: scripts as paths, and what must be done before it.

    Args:
        kind: "table", "lookup", "procedures" or "cleanup".
        scripts: SQL files in order: CREATE, then what fills it.
        needs: names of other steps.
        sources: names of the raw tables that it reads.
        checks: names of its asset checks.
    """

    name: str
    kind: str
    scripts: tuple[str, ...]
    needs: tuple[str, ...]
    sources: tuple[str, ...] = ()
    checks: tuple[str, ...] = ("table_not_empty",)


@dataclass(frozen=True)
class Written:
    """A workload on disk.

    Args:
        sql: the folder of scripts.
        lookups: the YAML of all lookup rows.
        steps: with absolute paths, in an order in which they can run.
    """

    sql: Path
    lookups: Path
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Workload:
    """A named set of tables and the SQL that makes the raw schema `etl`.

    Args:
        name: such as "w2"; `scale` and the number of tables are told apart from it.
        tables: in an order in which they can be built.
        etl: statements, run once for the template database.
        sources: names of the raw tables.
    """

    name: str
    title: str
    scale: float
    tables: tuple[Table, ...]
    etl: tuple[str, ...]
    sources: tuple[str, ...]
    department: str = DEPARTMENT
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.name} x {self.scale:g}"

    def load(self, server: Server) -> None:
        """Make the raw schema in a fresh database."""
        with closing(server.connect("benchmarks", autocommit=True)) as connection:
            cursor = connection.cursor()
            cursor.execute("create schema etl")
            for statement in self.etl:
                cursor.execute(statement)

    def write(self, folder: Path) -> Written:
        """Write the folder of scripts, and what those need that cannot read its YAML."""
        sql = folder / "sql"
        steps = tuple(self._write_table(sql, folder / "lookups", table) for table in self.tables)
        lookups = [table for table in self.tables if table.lookup is not None]
        path = sql / "populate_tables/lookup/lookup_tables.yaml"
        _write(path, "".join(_spell_lookup(table) for table in lookups) or "{}\n")
        (sql / "populate_tables" / self.department).mkdir(parents=True, exist_ok=True)
        (sql / "create_stored_procedures").mkdir(parents=True, exist_ok=True)
        for number, statement in enumerate(self.etl):
            _write(sql / f"etl/{self.department}/{number:02}.sql", statement)
        return Written(sql, path, steps)

    def _write_table(self, sql: Path, lookups: Path, table: Table) -> Step:
        create = sql / f"create_tables/CREATE-staging-{table.name}.sql"
        _write(create, f"drop table if exists staging.{table.name};\n\n{table.create()}")
        if table.lookup is not None:
            populate = lookups / f"{table.name}.sql"  # for those that cannot read the YAML
        else:
            folder = sql / "populate_tables" / self.department
            populate = folder / f"POPULATE-staging-{table.name}.sql"
        _write(populate, table.insert())
        kind = "table" if table.lookup is None else "lookup"
        sources = tuple(sorted(set(re.findall(r"\betl\.(\w+)", table.select))))
        scripts = (str(create), str(populate))
        return Step(table.name, kind, scripts, table.needs, sources)


def spell_insert(table: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Spell an INSERT of these rows."""
    values = ",\n    ".join(spell_row(row) for row in rows)
    return f"insert into staging.{table} ({', '.join(columns)})\nvalues\n    {values};\n"


def spell_row(row: Iterable[Any]) -> str:
    """Spell a row of VALUES."""
    return "(" + ", ".join(_spell(value) for value in row) + ")"


def _spell(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def _spell_lookup(table: Table) -> str:
    # JSON is YAML; one row a line keeps it readable.
    columns = json.dumps([column.name for column in table.columns])
    rows = "".join(f"    - {json.dumps(list(row))}\n" for row in table.lookup or ())
    return f"{table.name}:\n  columns: {columns}\n  rows:\n{rows}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
