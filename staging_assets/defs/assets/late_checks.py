"""Which checks are left to be evaluated when a build has ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from staging_assets.builder import NodeResult
from staging_assets.checks import Check, is_late


def find_waiting_checks(
    checks: Mapping[str, Sequence[Check]], results: Sequence[NodeResult], nodes: Collection[str]
) -> list[Check]:
    """The checks that were selected and not evaluated during the build.

    Args:
        checks: node to those that were selected.
        results: what came of each node.
        nodes: what was to be built.
    """
    status = {result.node: result.status for result in results}
    evaluated = {(result.node, check.name) for result in results for check in result.checks}
    return [
        check
        for node, of_node in checks.items()
        for check in of_node
        if (node, check.name) not in evaluated
        and (is_late(check) or node not in nodes or status.get(node) == "unchanged")
    ]
