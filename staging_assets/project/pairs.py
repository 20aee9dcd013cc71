"""A table and its cleanup: which cleanups run on the new table before anybody reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from staging_assets.model import Relation, cleanup_node
from staging_assets.project.dependencies import FolderContents
from staging_assets.project.graph import DependencyGraph
from staging_assets.project.scripts.cleanup_reach import find_reach


def join_cleanups(
    graph: DependencyGraph, parts: FolderContents, circles: Iterable[Sequence[str]] = ()
) -> dict[str, str]:
    """Let each table wait for what its cleanup needs, where that runs before it is published.

    Args:
        graph: without circles; it has none afterwards.
        parts: all that was read of the folder.
        circles: tables that are published together: their cleanups come after that.

    Returns table to why its cleanup runs after the table is published, for those that do.
    """
    later: dict[str, str] = {}
    held = {table: [n for n in circle if n != table] for circle in circles for table in circle}
    for table, code in sorted(parts.cleanups.items()):
        creation = parts.creations.get(table)
        if creation is None:
            continue
        if table in held:
            later[table] = f"it is built together with {', '.join(held[table])}"
            continue
        own = creation.own | {table}
        found = find_reach(code, own, parts.owners, parts.routines, parts.schemas)
        if found is not None:
            later[table] = f"{found[0]} ({code.script.label}:{found[1]})"
            continue
        edges = [e for e in graph.edges[cleanup_node(table)].values() if e.needs != table]
        below = next((edge for edge in edges if graph.find_way(edge.needs, table)), None)
        if below is not None:
            later[table] = f"it needs {below.needs}, which is built after it ({parts.place(below)})"
            continue
        for edge in edges:
            graph.add(replace(edge, node=table))
    return later


def join_sources(
    sources: Mapping[str, frozenset[Relation]], parts: FolderContents, later: Mapping[str, str]
) -> dict[str, frozenset[Relation]]:
    """What each node reads outside `staging`, with a table what its cleanup reads.

    Args:
        sources: node to what it reads itself.
        parts: all that was read of the folder.
        later: tables whose cleanup runs after they are published.
    """
    found = dict(sources)
    for table in parts.cleanups:
        if table in found and table not in later:
            found[table] |= found[cleanup_node(table)]
    return found
