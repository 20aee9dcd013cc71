"""What decides what a node contains, besides the nodes that it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from staging_assets.model.names import Relation

SourceMode = Literal["counters", "watermark", "hash", "always", "never"]
"""How it is seen that a source has changed."""


@dataclass(frozen=True)
class Content:
    """What one node is made of, as far as the folder says it.

    Args:
        parts: what of its own (`create`, `populate`, `lookup rows`, `functions`, `cleanup`) to a
            fingerprint of what it says.
        sources: relations that it reads and nothing here makes, those in `staging` among them.
        calls: functions that it calls, through others as well, and that nothing here makes; one
            that is named without a schema has an empty one.
        unsteady: what of its own text gives something else at another time.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    sources: frozenset[Relation] = frozenset()
    calls: frozenset[Relation] = frozenset()
    unsteady: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceRule:
    """One line under `sources` in staging.yaml.

    Args:
        pattern: `schema.table`, in which `*` stands for anything.
        mode: how changes are seen.
        column: of the watermark.
        place: `file:line`, for messages.
    """

    pattern: str
    mode: SourceMode
    column: str = ""
    place: str = ""


def find_rule(rules: tuple[SourceRule, ...], relation: Relation) -> SourceRule | None:
    """The rule for a relation: the last one that fits."""
    name = f"{relation.schema}.{relation.name}"
    fitting = [rule for rule in rules if fnmatchcase(name, rule.pattern)]
    return fitting[-1] if fitting else None
