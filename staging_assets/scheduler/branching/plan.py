"""The plan of a branch: what it builds and why, and what is the live schema's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from staging_assets.scheduler.branching.start import BranchStart
from staging_assets.scheduler.planning.decide import BuildPlan
from staging_assets.scheduler.planning.reasons import Reason


def add_left(plan: BuildPlan, start: BranchStart, nodes: Collection[str], schema: str) -> BuildPlan:
    """Say of each node why it is the branch's own, and of the others whose they are.

    Args:
        plan: of the nodes that are the branch's own.
        start: the branch.
        nodes: the selected ones.
        schema: the branch.
    """
    del schema
    build: dict[str, tuple[Reason, ...]] = {}
    for node, reasons in plan.build.items():
        told = [reason for reason in reasons if reason.kind not in ("asked", "never built")]
        build[node] = (*start.differing[node], *told)
    order = [node for node in start.project.dependencies if node in nodes]
    return replace(
        plan,
        build=build,
        left=tuple(node for node in order if node not in build),
        live=start.project.schemas.live,
        shown=sum(node not in start.differing for node in order),
    )
