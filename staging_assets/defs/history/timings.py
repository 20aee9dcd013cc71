"""Where a run's time went, as Dagster's page shows it: a picture by worker, and two lists.

A build is one step, so the page's own picture of a run is one bar. What it shows of any event is
metadata, and of that Markdown with pictures that it holds itself.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from staging_assets.builder import NodeResult
from staging_assets.model import SCHEMA_NODE
from staging_assets.reports import (
    NodeRecord,
    draw_timeline,
    find_longest_chain,
    find_slowest,
)

TIMINGS = "timeline"
"""The entry that has the picture."""
FAILED_ONES = "failed builds"
"""The entry that says of those that failed what the others say in their materialization."""


def build_timings(
    results: Iterable[NodeResult],
    keys: Mapping[str, dg.AssetKey],
    upstream: Mapping[str, Iterable[str]],
) -> dict[str, Any] | None:
    """Metadata that tells where the time of a run went; None when there is nothing to compare.

    Args:
        results: what came of each node.
        keys: node to its asset key.
        upstream: node to what it depends on, in build order.
    """
    names = {node: "/".join(key.path) for node, key in keys.items()}
    ran = {
        names[result.node]: NodeRecord(
            names[result.node],
            result.status,
            began=result.began,
            seconds=result.seconds,
            worker=result.worker,
            rows=result.rows,
        )
        for result in results
        if result.status in ("built", "failed") and result.began is not None
    }
    if len(ran) < 2:
        return None
    # All wait for the schema, which is made at once.
    waited = {
        names[node]: [names[each] for each in above if each != SCHEMA_NODE]
        for node, above in upstream.items()
        if node != SCHEMA_NODE
    }
    chain = find_longest_chain(ran, waited)
    text = "\n\n".join(_build_parts(ran, chain))
    metadata: dict[str, Any] = {
        TIMINGS: dg.MetadataValue.md(text),
        "seconds of the longest chain": round(sum(node.seconds for node in chain), 3),
    }
    failed = {
        name: {"began": node.began, "seconds": round(node.seconds, 3), "worker": node.worker}
        for name, node in ran.items()
        if node.status == "failed"
    }
    if failed:
        metadata[FAILED_ONES] = dg.MetadataValue.json(failed)
    return metadata


def _build_parts(ran: Mapping[str, NodeRecord], chain: Sequence[NodeRecord]) -> Iterable[str]:
    drawn = draw_timeline(ran.values(), chain={node.name for node in chain}, alone=True)
    text = base64.b64encode(drawn.encode()).decode()
    yield f"![what each worker built, and when](data:image/svg+xml;base64,{text})"
    slowest = find_slowest(ran)
    yield f"The slowest {len(slowest)}:"
    rows = [
        f"| {node.name} | {node.seconds:.2f} | {_spell(node.rows)} | {_spell(_find_speed(node))} |"
        for node in slowest
    ]
    yield "\n".join(
        ["| asset | seconds | rows | rows per second |", "| --- | ---: | ---: | ---: |", *rows]
    )
    seconds = sum(node.seconds for node in chain)
    yield f"The longest chain, darker above, takes {seconds:.2f} s: more workers cannot shorten it."
    yield "\n".join(f"1. {node.name}, {node.seconds:.2f} s" for node in chain)


def _find_speed(node: NodeRecord) -> int | None:
    return round(node.rows / node.seconds) if node.rows and node.seconds else None


def _spell(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
