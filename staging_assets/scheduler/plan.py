"""Read what is known of the database before a run, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from staging_assets.builder import Rebuild, read_catalog, read_history
from staging_assets.model import StagingProject
from staging_assets.postgres import Connection, has_schema
from staging_assets.scheduler.branching.plan import add_left
from staging_assets.scheduler.branching.start import BranchStart
from staging_assets.scheduler.planning.decide import BuildPlan, Known, decide
from staging_assets.scheduler.planning.orphans import find_orphans
from staging_assets.scheduler.planning.stale import StaleNode, find_stale
from staging_assets.sources import read_states


def read_known(
    connection: Connection,
    project: StagingProject,
    schema: str,
    nodes: Collection[str],
    *,
    marks: bool = False,
    start: BranchStart | None = None,
    live: bool | None = None,
) -> Known:
    """Read what builds before have left to know, and the states of what these nodes read.

    Args:
        connection: in autocommit mode; nothing has been read for a build yet.
        marks: whether the run may leave a mark by which a crash will be seen; its tables are
            there then.
        start: of a branch: what is not its own is known as the live schema has it.
        live: whether the schema exists, where that is known.
    """
    history = read_history(connection, schema, prepared=marks)
    if start is not None:
        project = start.project
        own = {node: build for node, build in history.items() if node in start.differing}
        history = {**start.history, **own}
        nodes = [node for node in nodes if node in start.differing]
    return Known(
        history=history,
        orphans=find_orphans(connection, project, schema, history),
        states=read_states(connection, project, schema, nodes, marks=marks),
        has_schema=has_schema(connection, schema) if live is None else live,
    )


def read_plan(
    connection: Connection,
    project: StagingProject,
    schema: str,
    nodes: Collection[str],
    rebuild: Rebuild,
    *,
    known: Known | None = None,
    start: BranchStart | None = None,
) -> BuildPlan:
    """Find out what a run builds and what it leaves. Nothing is changed.

    Args:
        connection: in autocommit mode.
        nodes: the selected ones; with a table comes its cleanup, as in the run.
        rebuild: ALL or CHANGED.
        known: what was read already.
        start: of a branch: only what is its own is built.
    """
    nodes = project.add_partners(nodes)
    known = known or read_known(connection, project, schema, nodes, start=start)
    wanted = nodes if start is None else nodes & start.differing.keys()
    project = project if start is None else start.project
    if rebuild is Rebuild.CHANGED:
        known = replace(known, catalog=read_catalog(connection, project, schema, wanted))
    plan = decide(project, wanted, rebuild, known)
    return plan if start is None else add_left(plan, start, nodes, schema)


def read_stale(
    connection: Connection, project: StagingProject, schema: str, *, tried_by: str = ""
) -> dict[str, StaleNode]:
    """Find out what is stale of a whole schema. Nothing is changed.

    Args:
        connection: in autocommit mode.
        tried_by: the run that has tried last to build what was found so.
    """
    known = read_known(connection, project, schema, project.nodes)
    catalog = read_catalog(connection, project, schema, project.nodes)
    return find_stale(project, project.nodes, replace(known, catalog=catalog), tried_by)
