"""What must be built before a check can be evaluated: the other tables that it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from staging_assets.errors import Problem
from staging_assets.model import STAGING, CheckDeclaration
from staging_assets.parser.statements import find_references
from staging_assets.project.graph import Edge, Graph


def find_check_edges(checks: Iterable[CheckDeclaration]) -> Iterator[Edge]:
    """Find the edges that declared checks give.

    Args:
        checks: all declarations of the department.

    They are soft: one that would close a circle gives way to what the scripts say, and
    `find_early_checks` tells of it.
    """
    for check in checks:
        for table in sorted(_find_tables(check)):
            yield Edge(check.table, table, "soft", check.label, check.line)


def find_early_checks(checks: Iterable[CheckDeclaration], graph: Graph) -> list[Problem]:
    """Find checks that look at a table which is built after their own: they could never hold.

    Args:
        checks: all declarations of the department.
        graph: with the edges of these checks, as far as they closed no circle.
    """
    return [
        Problem(
            check.label,
            check.line,
            1,
            f"the check {check.name!r} of {check.table} looks at {table}, which is built later",
            f"Declare it for {table}",
        )
        for check in checks
        for table in sorted(_find_tables(check))
        if table in graph.edges
        and check.table in graph.edges
        and table != check.table
        and table not in graph.edges[check.table]
    ]


def _find_tables(check: CheckDeclaration) -> set[str]:
    arguments = check.arguments
    if check.kind == "relationship" and "to" in arguments:
        return {str(arguments["to"])}
    text = arguments.get("query") or arguments.get("condition")
    if not text:
        return set()
    # A condition alone is no statement; what it names in a subquery counts all the same.
    query = text if check.kind == "sql" else f"select 1 where {text}"
    return {each.name for each in find_references(query).reads if each.schema == STAGING}
