"""The longest chain of a run: no number of workers makes it faster than that."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from staging_assets.reports.run.record import SKIPPED, NodeRecord


def find_longest_chain(
    nodes: Mapping[str, NodeRecord], upstream: Mapping[str, Collection[str]]
) -> list[NodeRecord]:
    """The nodes that wait for each other and take longest together, the first one first.

    Args:
        nodes: name to what came of it.
        upstream: name to what it depends on, in build order; what was not built in the run takes
            no time, and is no link of the chain.
    """
    best: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for name in [*upstream, *(each for each in nodes if each not in upstream)]:
        # What comes later in the order belongs to a circle, and was built at the same time.
        above = [each for each in upstream.get(name, ()) if each in best]
        last = max(above, key=lambda each: (best[each], each), default=None)
        node = nodes.get(name)
        own = node.seconds if node is not None and _counts(node) else 0.0
        best[name] = own + (best[last] if last is not None else 0.0)
        before[name] = last
    chain: list[NodeRecord] = []
    link = max(best, key=lambda each: (best[each], each), default=None)
    while link is not None:
        if link in nodes and _counts(nodes[link]):
            chain.append(nodes[link])
        link = before[link]
    return chain[::-1]


def find_slowest(nodes: Mapping[str, NodeRecord], count: int = 10) -> list[NodeRecord]:
    """The nodes that took longest, the slowest first."""
    ran = [node for node in nodes.values() if _counts(node)]
    return sorted(ran, key=lambda node: (-node.seconds, node.name))[:count]


def _counts(node: NodeRecord) -> bool:
    """Whether it took time of its own."""
    return node.status != SKIPPED and not node.within
