"""What decides a node's content: its own files, and those of everything above it."""

from __future__ import annotations

import hashlib

from staging_assets.builder import RunContext
from staging_assets.model import Kind, StagingProject


def find_fingerprints(project: StagingProject) -> dict[str, str]:
    """Node to a hash over its own fingerprint and those of the nodes that it depends on.

    Tables that reference each other depend on each other: what one is built from counts for all.
    """
    found: dict[str, str] = {}
    for node, above in project.dependencies.items():
        digest = hashlib.sha256(project.fingerprints.get(node, "").encode())
        circle = project.circle_of[node].tables if node in project.circle_of else ()
        for other in circle:
            digest.update(project.fingerprints.get(other, "").encode())
        needed = above.union(*(project.dependencies[other] for other in circle))
        for parent in sorted(needed.difference(circle)):
            digest.update(found[parent].encode())
        found[node] = digest.hexdigest()
    return found


def is_fixed(work: RunContext, node: str) -> bool:
    """Whether the files alone decide what the node is, and building it twice changes nothing."""
    kind = work.project.kind(node)
    if kind is Kind.LOOKUP:
        return work.project.tables[node].populate is None and node not in work.project.cleanups
    return kind in (Kind.PROCEDURES, Kind.SCHEMA)
