"""What a branch costs against a full candidate, when one leaf of many tables differs.

    python -m benchmarks.branch                      100 tables of 10,000 rows
    python -m benchmarks.branch --tables 200 --rows 100000 --rounds 5

Both are built by the engine, without Dagster, on an embedded server of its own; the candidate and
the branch are looked at afterwards: they have to hold the same rows.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.contestants.common import HERE
from benchmarks.places import work_folder
from benchmarks.tiny import make_tiny
from benchmarks.workload import Workload
from staging_assets.checks import KINDS
from staging_assets.model import StagingProject
from staging_assets.parser import quote_identifier
from staging_assets.postgres import EmbeddedServer, Server
from staging_assets.project import load_project
from staging_assets.scheduler.run import BuildOptions, run_build


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table; return 0 when both hold the same."""
    parser = argparse.ArgumentParser(prog="benchmarks.branch", description=__doc__)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--rows", type=int, default=10_000, help="of each table that is no lookup")
    parser.add_argument("--rounds", type=int, default=3, help="how often each has a turn")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    with work_folder(HERE / ".work") as folder:
        return measure(folder / "branch", options)


def measure(folder: Path, options: argparse.Namespace) -> int:
    """Build the live schema once, then the candidate and the branch in turns."""
    workload = make_workload(options.tables, options.rows)
    server = EmbeddedServer(folder / "server").start()
    workload.load(server)
    sql = workload.write(folder).sql
    live = load_project(sql, workload.department, KINDS)
    build(server, live, "staging", options.workers)
    leaf = workload.tables[-1].name
    script = sql / f"populate_tables/{workload.department}/POPULATE-staging-{leaf}.sql"
    script.write_text(script.read_text().replace("s.label", "upper(s.label)", 1))
    changed = load_project(sql, workload.department, KINDS)
    taken: dict[str, list[float]] = {"full candidate": [], "branch": [], "branch again": []}
    for _ in range(options.rounds):
        drop(server, "whole", "next")
        taken["full candidate"].append(build(server, changed, "whole", options.workers))
        taken["branch"].append(build(server, changed, "next", options.workers, "staging"))
        taken["branch again"].append(build(server, changed, "next", options.workers, "staging"))
    print(
        f"{options.tables} tables of {options.rows:,} rows, {leaf} differs; {options.rounds} turns"
    )
    for name, seconds in taken.items():
        least, most = min(seconds), max(seconds)
        print(f"{name:16} {statistics.median(seconds):8.2f} s  ({least:.2f} to {most:.2f})")
    same = (
        all(
            ask(server, f"select t::text from {schema}.{leaf} t order by 1")
            for schema in ("whole", "next")
        )
        and ask(server, f"table whole.{leaf} except table next.{leaf}") == []
    )
    print("the same rows" if same else "NOT the same rows")
    return 0 if same else 1


def make_workload(tables: int, rows: int) -> Workload:
    """The workload of tiny tables, with more rows in each."""
    tiny = make_tiny("w1", tables)
    etl = tuple(
        each.replace("generate_series(1, 3)", f"generate_series(1, {rows})") for each in tiny.etl
    )
    return replace(tiny, etl=etl)


def build(
    server: Server, project: StagingProject, schema: str, workers: int, live: str = ""
) -> float:
    """Build a schema, or a branch of a live one; return the seconds."""
    options = BuildOptions(schema=schema, run_id="benchmark", workers=workers, changed_from=live)
    began = time.perf_counter()
    for result in run_build(server, project, project.nodes, options):
        if result.status not in ("built", "unchanged"):
            sys.exit(f"{result.node}: {result.status}: {result.message}")
    return time.perf_counter() - began


def drop(server: Server, *schemas: str) -> None:
    """Drop schemas with all that is private to them."""
    for schema in schemas:
        for name in (schema, f"{schema}__build", f"{schema}__old"):
            ask(server, f"drop schema if exists {quote_identifier(name)} cascade")


def ask(server: Server, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement; return its rows."""
    with closing(server.connect("benchmarks", autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


if __name__ == "__main__":
    sys.exit(main())
