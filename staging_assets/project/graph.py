"""The order of nodes: edges with their reasons, cycles, and the order that priorities give."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Strength = Literal["declared", "inferred", "soft"]
_ORDER = {"declared": 0, "inferred": 1, "soft": 2}


@dataclass(frozen=True)
class Edge:
    """`node` is built after `needs`.

    Args:
        strength: `declared` in staging.yaml; `inferred` from a script; `soft` from the body of
            a routine, which names what it needs when it is called and not when it is made.
        label, offset: the file that says so and where: 0-based characters into a script, else
            the line, counted from 1, and `column` with it.
    """

    node: str
    needs: str
    strength: Strength
    label: str
    offset: int
    column: int = 1


class DependencyGraph:
    """Edges between nodes, one per pair: the strongest, then the first."""

    def __init__(self, nodes: Iterable[str]) -> None:
        self.edges: dict[str, dict[str, Edge]] = {node: {} for node in nodes}

    def add(self, edge: Edge) -> None:
        """Add an edge between two nodes that are there; one to itself is left out."""
        if edge.node == edge.needs or edge.node not in self.edges or edge.needs not in self.edges:
            return
        there = self.edges[edge.node].get(edge.needs)
        if there is None or _ORDER[edge.strength] < _ORDER[there.strength]:
            self.edges[edge.node][edge.needs] = edge

    def find_way(self, start: str, end: str, only: Collection[Strength] = ()) -> list[Edge] | None:
        """Edges that lead from `start` to what it needs, `end`; None when there is no way.

        Args:
            start, end: two nodes.
            only: strengths that may be used; all when empty.
        """
        back: dict[str, Edge] = {}
        waiting = [start]
        for node in waiting:
            for edge in self.edges[node].values():
                if edge.needs not in back and (not only or edge.strength in only):
                    back[edge.needs] = edge
                    waiting.append(edge.needs)
            if end in back:
                way = [back[end]]
                while way[0].node != start:
                    way.insert(0, back[way[0].node])
                return way
        return None

    def drop_contradicted(self) -> None:
        """Drop what stands against a declaration, and soft edges that close a circle.

        When `a: [b]` is declared, an inferred edge by which b would wait for a, through
        whatever else, is dropped where it leaves b.
        """
        for edge in [edge for needs in self.edges.values() for edge in needs.values()]:
            if edge.strength == "declared":
                self._drop_ways(edge.needs, edge.node)
        for edge in [edge for needs in self.edges.values() for edge in needs.values()]:
            if edge.strength == "soft" and self.find_way(edge.needs, edge.node):
                del self.edges[edge.node][edge.needs]

    def _drop_ways(self, start: str, end: str) -> None:
        while True:
            way = self.find_way(start, end)
            first = next((edge for edge in way or () if edge.strength != "declared"), None)
            if first is None:
                return
            del self.edges[first.node][first.needs]

    def find_cycles(self) -> list[list[Edge]]:
        """Circles, one through each knot of nodes that wait for each other."""
        cycles: list[list[Edge]] = []
        seen: set[str] = set()
        stuck = set(self.edges) - set(self.find_order({}))
        for node in sorted(stuck):
            if node in seen:
                continue
            way = self.find_way(node, node)
            if way:
                cycles.append(way)
                seen |= {other for other in stuck if self.find_way(node, other)}
        return cycles

    def find_order(self, priorities: Mapping[str, int]) -> list[str]:
        """The nodes, each after what it needs; higher priority first, then by name.

        Nodes in a circle, and those that wait for them, are left out.
        """
        missing = {node: len(needs) for node, needs in self.edges.items()}
        waiting: dict[str, list[str]] = {node: [] for node in self.edges}
        for node, needs in self.edges.items():
            for other in needs:
                waiting[other].append(node)
        ready = [(-priorities.get(node, 0), node) for node, count in missing.items() if not count]
        heapq.heapify(ready)
        order: list[str] = []
        while ready:
            _, node = heapq.heappop(ready)
            order.append(node)
            for other in waiting[node]:
                missing[other] -= 1
                if not missing[other]:
                    heapq.heappush(ready, (-priorities.get(other, 0), other))
        return order
