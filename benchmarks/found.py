"""A workload that is not made but found: this project's own scripts over Chicago's data (W5)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.workload import Step, Workload, Written, spell_insert
from staging_assets.checks import KINDS, find_checks
from staging_assets.model import SCHEMA_NODE, Kind, Relation, StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.sources import find_csv_files, run_csv_load

ROOT = Path(__file__).parent.parent
CHICAGO = ROOT.parent / "shared" / "data" / "chicago"


@dataclass(frozen=True)
class FoundWorkload(Workload):
    """A folder of scripts and a folder of CSV files, as they are.

    Args:
        sql: the folder of scripts.
        csv: the folder of CSV files that fill `etl`.
    """

    sql: Path = Path()
    csv: Path = Path()

    def load(self, server: Server) -> None:
        for name, file in find_csv_files(self.csv).items():
            run_csv_load(server, file.path, Relation("etl", name))

    def write(self, folder: Path) -> Written:
        project = load_project(self.sql, self.department, KINDS)
        filled = {
            name: {"columns": table.lookup.columns, "rows": table.lookup.rows}
            for name, table in project.tables.items()
            if table.lookup
        }
        lookups = folder / "lookups"
        lookups.mkdir(parents=True, exist_ok=True)
        yaml = lookups / "lookup_tables.yaml"
        yaml.write_text(json.dumps(filled, indent=1, default=str))  # JSON is YAML
        checks = find_checks(project)
        steps = (
            replace(
                _find_step(project, node, lookups),
                checks=tuple(check.name for check in checks.get(node, ())),
            )
            for node in project.nodes
            if node != SCHEMA_NODE
        )
        return Written(self.sql, yaml, tuple(steps))


def find_chicago() -> FoundWorkload | None:
    """Chicago's data, or None when it is not there."""
    if not CHICAGO.is_dir():
        return None
    return FoundWorkload(
        name="w5",
        title="Chicago's data, 2.4 million source rows",
        scale=1.0,
        tables=(),
        etl=(),
        sources=tuple(find_csv_files(CHICAGO)),
        department="chicago",
        environment={"STAGING_ETL_CSV_DIR": str(CHICAGO)},
        sql=ROOT / "sql",
        csv=CHICAGO,
    )


def _find_step(project: StagingProject, node: str, lookups: Path) -> Step:
    kind = project.kind(node)
    needs = tuple(sorted(project.dependencies[node] - {SCHEMA_NODE}))
    sources = tuple(sorted(r.name for r in project.sources.get(node, ()) if r.schema == "etl"))
    if kind is Kind.PROCEDURES:
        script = project.procedures[node.split("/", 1)[1]].script
        return Step(node, "procedures", (str(script.path),), needs, sources)
    if kind is Kind.CLEANUP:
        raise NotImplementedError(f"{node}: contestants cannot run cleanups")
    table = project.tables[node]
    scripts = [str(table.create.path)]
    if table.lookup and table.lookup.rows:
        path = lookups / f"{node}.sql"
        path.write_text(spell_insert(node, table.lookup.columns, table.lookup.rows))
        scripts.append(str(path))
    if table.populate:
        scripts.append(str(table.populate.path))
    return Step(node, "lookup" if table.lookup else "table", tuple(scripts), needs, sources)
