"""Checks that look at other tables: these are built before the check's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from staging_assets.errors import Problem
from staging_assets.model import CheckDeclaration
from staging_assets.project.graph import DependencyGraph, Edge


def find_check_edges(checks: Iterable[CheckDeclaration]) -> Iterator[Edge]:
    """Find the edges that declared checks give.

    Args:
        checks: all declarations of the department.

    They are soft: one that would close a circle gives way to what the scripts say, and
    `find_early_checks` tells of it.
    """
    for check in checks:
        for table in sorted(check.tables):
            yield Edge(check.table, table, "soft", check.label, check.line)


def find_early_checks(
    checks: Iterable[CheckDeclaration],
    graph: DependencyGraph,
    circles: Iterable[Collection[str]] = (),
) -> list[Problem]:
    """Find checks that look at a table which is built after their own: they could never hold.

    Args:
        checks: all declarations of the department.
        graph: with the edges of these checks, as far as they closed no circle.
        circles: tables that are built together.
    """
    together = [frozenset(circle) for circle in circles]
    return [
        Problem(
            check.label,
            check.line,
            1,
            f"the check {check.name!r} of {check.table} looks at {table}, which is built later",
            f"Declare it for {table}",
        )
        for check in checks
        for table in sorted(check.tables)
        if table in graph.edges
        and check.table in graph.edges
        and table != check.table
        and table not in graph.edges[check.table]
        and not any({table, check.table} <= circle for circle in together)
    ]
