"""Run builds of small folders, and look at what they left, in tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.checks import KINDS, Check
from staging_assets.model import StagingProject
from staging_assets.postgres.client.server import Server
from staging_assets.project.load import load_project
from staging_assets.scheduler.crew_size import CrewSize
from staging_assets.scheduler.planning.decide import BuildPlan
from staging_assets.scheduler.run import BuildOptions, NodeResult, Rebuild, run_build
from staging_assets_tests.support.folders import make_project


@dataclass
class Log:
    """Collects what a run says."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, level: str, text: str) -> None:
        self.lines.append((level, text))

    @property
    def text(self) -> str:
        return "\n".join(f"{level}: {text}" for level, text in self.lines)


def tables(**scripts: tuple[str, str | None] | str) -> dict[str, str]:
    """Files of a folder: table to its CREATE and POPULATE scripts, or to CREATE alone."""
    files = {}
    for name, texts in scripts.items():
        create, populate = (texts, None) if isinstance(texts, str) else texts
        files[f"create_tables/CREATE-staging-{name}.sql"] = create
        if populate is not None:
            files[f"populate_tables/demo/POPULATE-staging-{name}.sql"] = populate
    return files


def load(folder: Path, files: Mapping[str, str]) -> StagingProject:
    """Write a folder of scripts and load it."""
    complete = {"create_tables/.keep": "", "populate_tables/demo/.keep": "", **files}
    return load_project(make_project(folder / "sql", complete), "demo", KINDS)


def start(
    server: Server,
    project: StagingProject,
    nodes: Collection[str] | None = None,
    *,
    checks: Mapping[str, Sequence[Check]] | None = None,
    log: Log | None = None,
    cancelled: threading.Event | None = None,
    planned: Callable[[BuildPlan], None] | None = None,
    sized: Callable[[CrewSize], None] | None = None,
    **options: Any,
) -> Iterator[NodeResult]:
    """Begin a run; nothing happens before the first result is asked for."""
    chosen = {"schema": "staging", "run_id": "test-run", "workers": 2, **options}
    return run_build(
        server,
        project,
        project.nodes if nodes is None else nodes,
        BuildOptions(**chosen),
        checks or {},
        log or Log(),
        cancelled or threading.Event(),
        planned=planned,
        sized=sized,
    )


def build(
    server: Server,
    project: StagingProject,
    nodes: Collection[str] | None = None,
    **options: Any,
) -> dict[str, NodeResult]:
    """Run to the end; node to result, in the order in which they came."""
    results: dict[str, NodeResult] = {}
    for result in start(server, project, nodes, **options):
        assert result.node not in results, f"{result.node} was reported twice"
        results[result.node] = result
    return results


def build_all(
    server: Server,
    project: StagingProject,
    nodes: Collection[str] | None = None,
    **options: Any,
) -> dict[str, NodeResult]:
    """Run to the end, and take nothing but success."""
    results = build(server, project, nodes, **options)
    bad = [f"{r.node}: {r.status}: {r.message}" for r in results.values() if not is_good(r)]
    assert not bad, "\n".join(bad)
    return results


def is_good(result: NodeResult) -> bool:
    return result.status in ("built", "unchanged")


def statuses(results: Mapping[str, NodeResult]) -> dict[str, str]:
    """Node to status, without `schema`."""
    return {node: result.status for node, result in results.items() if node != "schema"}


def ask(connection: Connection, query: str, *arguments: Any) -> Any:
    """The rows of a query; the bare value when there is one of one column."""
    with connection.cursor() as cursor:
        cursor.execute(query, arguments or None)
        rows = cursor.fetchall() if cursor.description else []
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    return rows


def leftovers(connection: Connection, schema: str = "staging") -> list[str]:
    """What is in the build schema besides what is remembered there."""
    rows = ask(
        connection,
        "select array(select c.relname::text from pg_class c join pg_namespace n"
        " on n.oid = c.relnamespace where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'S')"
        " and c.relname not in ('__builds', '__owed_keys', '__mark') order by 1)",
        f"{schema}__build",
    )
    return list(rows)


__all__ = [
    "Log",
    "Rebuild",
    "ask",
    "build",
    "build_all",
    "is_good",
    "leftovers",
    "load",
    "start",
    "statuses",
    "tables",
]
