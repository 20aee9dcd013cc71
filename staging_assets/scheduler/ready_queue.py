"""In which order nodes may be built, and which of those that may comes first. No database."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Rank:
    """What decides which of several nodes is built first; the smallest comes first.

    Args:
        priority: as declared, negated.
        chain: seconds of the longest chain that begins with the node, negated.
        descendants: how many nodes wait for it, negated.
        position: its place in the project.
    """

    priority: int
    chain: float
    descendants: int
    position: int


@dataclass
class ReadyQueue:
    """What is still to be built. Nodes that are built together stand under the first of them.

    Args:
        above: node to the nodes of this run that must be built before it.
        below: node to the nodes of this run that wait for it.
        ranks: node to its rank.
        waiting: node to how many nodes it still waits for.
        together: the first of those that are built together, to all of them.
    """

    above: Mapping[str, frozenset[str]]
    below: Mapping[str, tuple[str, ...]]
    ranks: Mapping[str, Rank]
    waiting: dict[str, int] = field(default_factory=dict)
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def members(self, node: str) -> tuple[str, ...]:
        """The node, or all that are built together with it."""
        return self.together.get(node, (node,))

    def find_left(self) -> list[str]:
        """All nodes that are still to be built."""
        return [each for node in tuple(self.waiting) for each in self.members(node)]

    def find_ready(self) -> list[str]:
        """Nodes that wait for nothing."""
        return [node for node, count in self.waiting.items() if count == 0]

    def finish(self, node: str) -> list[str]:
        """Take a node out; return the nodes that wait for nothing any more."""
        ready = []
        del self.waiting[node]
        for child in self.below[node]:
            if child in self.waiting:
                self.waiting[child] -= 1
                if self.waiting[child] == 0:
                    ready.append(child)
        return ready

    def fail(self, node: str) -> list[str]:
        """Take a node and all that waits for it out; return the latter, in build order."""
        del self.waiting[node]
        lost, todo = set(), [node]
        while todo:
            for child in self.below[todo.pop()]:
                if child in self.waiting:
                    del self.waiting[child]
                    lost.add(child)
                    todo.append(child)
        ordered = sorted(lost, key=lambda child: self.ranks[child].position)
        return [each for child in ordered for each in self.members(child)]


def build_graph(
    dependencies: Mapping[str, Collection[str]],
    nodes: Collection[str],
    *,
    priorities: Mapping[str, int],
    seconds: Mapping[str, float],
    together: Iterable[Sequence[str]] = (),
) -> ReadyQueue:
    """Arrange the nodes of a run.

    Args:
        dependencies: node to the nodes that must be built before it, of the whole project, in a
            valid build order.
        nodes: those of this run.
        priorities: declared ones; higher first.
        seconds: how long nodes took the last time; unknown ones count as the median of them.
        together: nodes that are built together, which follow each other in the build order.
    """
    chosen = set(nodes)
    circles = [tuple(node for node in circle if node in chosen) for circle in together]
    joined = {circle[0]: circle for circle in circles if circle}
    heads = {node: head for head, circle in joined.items() for node in circle}
    order = [node for node in dependencies if node in chosen and heads.get(node, node) == node]
    above = {
        node: frozenset(
            heads.get(parent, parent)
            for member in joined.get(node, (node,))
            for parent in chosen.intersection(dependencies[member])
        )
        - {node}
        for node in order
    }
    below: dict[str, list[str]] = {node: [] for node in order}
    for node in order:
        for parent in above[node]:
            below[parent].append(node)
    usual = statistics.median(seconds.values()) if seconds else 1.0
    chains: dict[str, float] = {}
    descendants: dict[str, int] = {}
    position = {node: index for index, node in enumerate(order)}
    for node in reversed(order):
        # One bit a node: a set of a thousand nodes is one number.
        reached = 0
        for child in below[node]:
            reached |= descendants[child] | 1 << position[child]
        descendants[node] = reached
        chain = max((chains[child] for child in below[node]), default=0.0)
        chains[node] = chain + sum(seconds.get(each, usual) for each in joined.get(node, (node,)))
    ranks = {
        node: Rank(
            -max(priorities.get(each, 0) for each in joined.get(node, (node,))),
            -chains[node],
            -bin(descendants[node]).count("1"),
            position[node],
        )
        for node in order
    }
    return ReadyQueue(
        above=above,
        below={node: tuple(children) for node, children in below.items()},
        ranks=ranks,
        waiting={node: len(parents) for node, parents in above.items()},
        together=joined,
    )
