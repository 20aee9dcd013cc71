"""What must be built before a check can be evaluated: the other tables that it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from staging_assets.project.graph import Edge
from staging_assets.project.model import STAGING, CheckDeclaration
from staging_assets.project.sql import find_references


def find_check_edges(checks: Iterable[CheckDeclaration]) -> Iterator[Edge]:
    """Find the edges that declared checks give.

    Args:
        checks: all declarations of the department.

    They are soft: where one would close a circle, the check looks at what is there already.
    """
    for check in checks:
        for table in sorted(_find_tables(check)):
            yield Edge(check.table, table, "soft", check.label, check.line)


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
