"""What is stale, for those who look again and again: each staleness with a mark of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from staging_assets.builder import MadeOf, Rebuild, is_always
from staging_assets.model import StagingProject
from staging_assets.scheduler.planning.contents import find_made_of
from staging_assets.scheduler.planning.decide import Known, decide
from staging_assets.scheduler.planning.reasons import Reason

_BY_HAND = ("never built", "no schema", "missing", "drifted", "cleanup")


@dataclass(frozen=True)
class StaleNode:
    """A node that a run with `rebuild: changed` would build.

    Args:
        reasons: why.
        failed: whether its last build, or that of one above it, was of the same and failed: to try
            again would be in vain until something changes.
        own: the same as long as nothing changes of what is its own, and of what is built together
            with it: scripts, rows, sources, and what was altered by hand.
        above: the same as long as nothing above it is built.
        tried: the same as long as nothing above it is built but by the run that tried it last.
    """

    reasons: tuple[Reason, ...]
    failed: bool
    own: str
    above: str
    tried: str


def find_stale(
    project: StagingProject, nodes: Collection[str], known: Known, tried_by: str = ""
) -> dict[str, StaleNode]:
    """Find which nodes are stale, in build order.

    What counts as changed in every run (clocks, files, `always`) is no reason by itself: whoever
    builds what is found here, and looks again, would build it for ever.

    Args:
        known: with the catalog.
        tried_by: the run that has tried last to build what was found here.
    """
    stale = decide(project, nodes, Rebuild.CHANGED, known, always=False).build
    contents = {node: build.content for node, build in known.history.items()}
    tried = {n for n, build in known.history.items() if tried_by and build.run_id == tried_by}
    made_of = {node: find_made_of(project, node, contents, known.states) for node in stale}
    own = {node: _find_own(made_of[node], stale[node]) for node in stale}
    found: dict[str, StaleNode] = {}
    for node, reasons in stale.items():
        above = {n: c for n, c in made_of[node].above.items() if n not in stale}
        held = any(found[name].failed for name in project.dependencies[node] if name in found)
        together = sorted(project.add_partners({node}) & own.keys())
        found[node] = StaleNode(
            reasons=reasons,
            failed=held or any(reason.kind == "failed" for reason in reasons),
            own=_find_mark([own[name] for name in together]),
            above=_find_mark(above),
            tried=_find_mark({n: c for n, c in above.items() if n not in tried}),
        )
    return found


def _find_own(made_of: MadeOf, reasons: tuple[Reason, ...]) -> list[Any]:
    steady = {name: state for name, state in made_of.sources.items() if not is_always(state)}
    by_hand = [reason.text for reason in reasons if reason.kind in _BY_HAND]
    return [made_of.parts, steady, by_hand]


def _find_mark(told: Mapping[str, Any] | list[Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
