"""What a node would be made of now, and what its content is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from staging_assets.builder import MadeOf, is_always
from staging_assets.model import SCHEMA_NODE, Kind, StagingProject


def find_made_of(
    project: StagingProject,
    node: str,
    contents: Mapping[str, str | None],
    states: Mapping[str, Mapping[str, Any]],
) -> MadeOf:
    """What a node would be made of.

    Args:
        contents: node to what its content is called.
        states: node to what it reads from outside, and the state of each.
    """
    content = project.contents.get(node)
    circle = project.circle_of[node].tables if node in project.circle_of else ()
    above = project.dependencies[node].union(circle) - {node, SCHEMA_NODE}
    return MadeOf(
        parts=dict(content.parts) if content else {},
        above={parent: contents.get(parent) for parent in sorted(above)},
        sources=dict(states.get(node, {})),
    )


def find_content(project: StagingProject, node: str, made_of: MadeOf, token: str) -> str:
    """What the content of a node is called when it is built now.

    What files alone decide is the same whenever it is made of the same. For the rest, building it
    again may give other rows, numbers from sequences for one, so that each build has its own name.

    Args:
        token: of the build.
    """
    kind = project.kind(node)
    if kind is Kind.SCHEMA:
        return "schema"
    fixed = kind is Kind.PROCEDURES or (
        kind is Kind.LOOKUP
        and project.tables[node].populate is None
        and node not in project.cleanups
    )
    fixed = fixed and node not in project.circle_of
    steady = not any(is_always(state) for state in made_of.sources.values())
    return made_of.hash if fixed and steady else token
