"""Decide which nodes a run builds. No database: what is known of it comes in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from staging_assets.builder import Build, MadeOf, Rebuild, find_drift
from staging_assets.model import Kind, StagingProject, cleanup_node
from staging_assets.scheduler.planning.contents import find_content, find_made_of
from staging_assets.scheduler.planning.reasons import Reason, find_differences

_NEW = "to be built"


@dataclass(frozen=True)
class Known:
    """What is known of the database before a run.

    Args:
        history: the last build of every node.
        states: node to what it reads from outside, and the state of each.
        catalog: node to what is there of it; missing where nothing is.
        has_schema: whether the schema exists.
        orphans: tables of the schema that no script makes.
    """

    history: Mapping[str, Build] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    catalog: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    has_schema: bool = True
    orphans: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildPlan:
    """What a run builds and what it leaves.

    Args:
        build: node to why it is built, in build order.
        left: the others that were selected, in build order.
        orphans: tables of the schema that no script makes; nothing is done about them.
        seconds: node to how long it took the last time, where it was built before.
        rows: node to how many rows it had then.
        chain: seconds of the longest chain among those that are built.
        live: of a branch, the schema that it differs from.
        shown: how many of those that are left are that schema's.
    """

    build: Mapping[str, tuple[Reason, ...]]
    left: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    chain: float = 0.0
    live: str = ""
    shown: int = 0


def decide(
    project: StagingProject,
    nodes: Collection[str],
    rebuild: Rebuild,
    known: Known,
    *,
    always: bool = True,
) -> BuildPlan:
    """Decide which of the selected nodes are built, and why.

    Args:
        nodes: the selected ones; what is not selected stays as it is.
        rebuild: ALL, or CHANGED. MISSING is decided node by node, in the run.
        always: whether what counts as changed in every run is a reason.
    """
    selected = set(nodes)
    order = [node for node in project.dependencies if node in selected]
    build: dict[str, tuple[Reason, ...]] = {}
    if rebuild is Rebuild.ALL:
        build = dict.fromkeys(order, (Reason("asked", "everything selected is"),))
    else:
        build = _find_changed(project, order, known, always=always)
    return BuildPlan(
        build=build,
        left=tuple(node for node in order if node not in build),
        orphans=known.orphans,
        seconds={n: b.seconds for n, b in known.history.items() if n in build},
        rows={n: b.rows for n, b in known.history.items() if n in build and b.rows is not None},
        chain=_find_chain(project, build, known),
    )


def _find_changed(
    project: StagingProject, order: list[str], known: Known, *, always: bool
) -> dict[str, tuple[Reason, ...]]:
    """A changed cleanup rebuilds its table, which may stand anywhere above: hence the turns."""
    forced: set[str] = set()
    while True:
        build = _find_reasons(project, order, known, forced, always=always)
        cleaned = {
            table
            for table in project.cleanups
            if cleanup_node(table) in build and table in order and table not in build
        }
        if cleaned <= forced:
            return build
        forced |= cleaned


def _find_reasons(
    project: StagingProject, order: list[str], known: Known, forced: set[str], *, always: bool
) -> dict[str, tuple[Reason, ...]]:
    build: dict[str, tuple[Reason, ...]] = {}
    contents = {node: build.content for node, build in known.history.items()}
    for node in order:
        if node in build:
            continue  # it is built together with one that came before
        circle = project.circle_of[node].tables if node in project.circle_of else (node,)
        together = [each for each in order if each in circle] if len(circle) > 1 else [node]
        made_of = {e: find_made_of(project, e, contents, known.states) for e in together}
        found = {
            e: [
                reason
                for reason in _find_why(project, e, made_of[e], known, build)
                if always or reason.kind != "always"
            ]
            for e in together
        }
        for each in together:
            if not found[each] and each in forced:
                found[each] = [Reason("cleanup", f"{cleanup_node(each)} is run again")]
        first = next((each for each in together if found[each]), None)
        if first is None:
            continue
        for each in together:
            reasons = found[each] or [Reason("upstream", f"it is built together with {first}")]
            build[each] = tuple(reasons)
            contents[each] = find_content(project, each, made_of[each], _NEW)
    return {node: build[node] for node in order if node in build}


def _find_why(
    project: StagingProject, node: str, made_of: MadeOf, known: Known, again: Collection[str]
) -> list[Reason]:
    before = known.history.get(node)
    kind = project.kind(node)
    if kind is Kind.SCHEMA:
        return [] if known.has_schema else [Reason("no schema", "there is no such schema")]
    if before is None or before.made_of is None:
        return [Reason("never built", "there is no record of a build")]
    seen = kind is not Kind.CLEANUP
    if kind is Kind.PROCEDURES:  # of a script that makes types alone, nothing is looked at
        seen = bool(project.procedures[project.node(node).name].functions)
    reasons = _find_drift(before, known.catalog.get(node)) if seen else []
    if before.failed == made_of.hash:
        reasons.append(Reason("failed", "its last build failed"))
    reasons += find_differences(project, before.made_of, made_of, again)
    return reasons


def _find_drift(before: Build, now: Mapping[str, str] | None) -> list[Reason]:
    left = before.as_left
    if left is None:
        # The run was ended before it could note what it left: what is there counts as that.
        gone = now is None
        return [Reason("missing", "it is not there")] if gone else []
    if now is None:
        return [Reason("missing", "it is not there")] if left else []
    return [Reason("drifted", text) for text in find_drift(left, now)]


def _find_chain(project: StagingProject, build: Collection[str], known: Known) -> float:
    chains: dict[str, float] = {}
    for node in build:
        before = known.history.get(node)
        above = (chains[parent] for parent in project.dependencies[node] if parent in chains)
        chains[node] = max(above, default=0.0) + (before.seconds if before else 0.0)
    return max(chains.values(), default=0.0)
