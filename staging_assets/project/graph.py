"""The order of nodes: edges with their reasons, cycles, and the order that priorities give."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Strength = Literal["declared", "inferred", "key", "soft"]
_ORDER = {"declared": 0, "inferred": 1, "key": 2, "soft": 3}
_BUT_KEYS: tuple[Strength, ...] = ("declared", "inferred", "soft")
_MOST_CYCLES = 20
"""How many circles of one knot are told; there may be thousands."""
_MOST_STEPS = 20_000


@dataclass(frozen=True)
class Edge:
    """`node` is built after `needs`.

    Args:
        strength: `declared` in staging.yaml; `inferred` from a script; `key` from a foreign key,
            which does not say whose rows are needed first; `soft` from the body of a routine,
            which names what it needs when it is called and not when it is made.
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
        self._keys: dict[str, dict[str, Edge]] = {}
        self._unsaid: dict[Edge, Edge] = {}

    def add(self, edge: Edge) -> None:
        """Add an edge between two nodes that are there; one to itself is left out."""
        if edge.node == edge.needs or edge.node not in self.edges or edge.needs not in self.edges:
            return
        if edge.strength == "key":
            self._keys.setdefault(edge.node, {}).setdefault(edge.needs, edge)
        there = self.edges[edge.node].get(edge.needs)
        if there is None or _ORDER[edge.strength] < _ORDER[there.strength]:
            self.edges[edge.node][edge.needs] = edge
        elif there.strength == "declared" != edge.strength:
            known = self._unsaid.get(there)
            if known is None or _ORDER[edge.strength] < _ORDER[known.strength]:
                self._unsaid[there] = edge

    def find_knots(self, nodes: Collection[str] | None = None) -> list[set[str]]:
        """The sets of nodes that wait for each other, through whatever edges.

        Args:
            nodes: only among these; all when None.
        """
        chosen = self.edges.keys() if nodes is None else nodes
        missing = {node: sum(n in chosen for n in self.edges[node]) for node in chosen}
        below: dict[str, list[str]] = {node: [] for node in chosen}
        for node in chosen:
            for needs in self.edges[node]:
                if needs in chosen:
                    below[needs].append(node)
        # What waits for nothing, or for such alone, is in no knot: mostly that is everything.
        free = [node for node, count in missing.items() if not count]
        for node in free:
            for child in below[node]:
                missing[child] -= 1
                if not missing[child]:
                    free.append(child)
        left = set(chosen) - set(free)
        knots: list[set[str]] = []
        for node in sorted(left):
            if any(node in knot for knot in knots):
                continue
            up = _reach(node, left, lambda each: self.edges[each])
            knot = up & _reach(node, left, lambda each: below[each])
            if knot:
                knots.append(knot)
        return knots

    def join_circles(self, tables: Collection[str]) -> list[tuple[str, ...]]:
        """Join tables that only foreign keys hold in a circle: they are built together.

        Of the edges between those of a circle, foreign keys against their order are dropped.

        Args:
            tables: the nodes that are tables; a circle through anything else stays.

        Returns those of each circle, in the order in which they can be filled.
        """
        circles = []
        for knot in self.find_knots():
            order = self._find_order_without_keys(knot) if knot <= set(tables) else None
            if order is None:
                continue
            circles.append(tuple(order))
            place = {node: index for index, node in enumerate(order)}
            for node in order:
                for needs in [each for each in self.edges[node] if each in knot]:
                    if place[needs] > place[node]:
                        del self.edges[node][needs]
        return circles

    def _find_order_without_keys(self, nodes: Collection[str]) -> list[str] | None:
        """Nodes in an order that holds but for foreign keys; None when there is none.

        Where there is a choice, keys decide: few of them are then against the order.
        """
        waiting = {
            node: {
                needs
                for needs, edge in self.edges[node].items()
                if needs in nodes and edge.strength != "key"
            }
            for node in nodes
        }
        order: list[str] = []
        while waiting:
            ready = [node for node, needs in waiting.items() if not needs]
            if not ready:
                return None
            node = min(ready, key=lambda n: (sum(e in waiting for e in self.edges[n]), n))
            order.append(node)
            del waiting[node]
            for needs in waiting.values():
                needs.discard(node)
        return order

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

    def pass_over_declared(self) -> list[Edge]:
        """Drop declarations between tables that foreign keys hold in a circle, as far as the rest
        of what the scripts say gives their order; return these.
        """
        keys = DependencyGraph(self.edges)
        for edge in [edge for of_node in self._keys.values() for edge in of_node.values()]:
            keys.add(edge)
        passed = []
        for knot in keys.find_knots():
            inner = [e for n in sorted(knot) for e in self.edges[n].values() if e.needs in knot]
            declared = [edge for edge in inner if edge.strength == "declared"]
            for edge in declared:
                del self.edges[edge.node][edge.needs]
                if edge in self._unsaid:
                    self.add(self._unsaid[edge])
            if declared and self._find_order_without_keys(knot) is None:
                for edge in declared:
                    self.add(edge)
            else:
                passed += declared
        return passed

    def drop_contradicted(self) -> None:
        """Drop what stands against a declaration, and soft edges that close a circle.

        When `a: [b]` is declared, an inferred edge by which b would wait for a, through
        whatever else, is dropped where it leaves b. A foreign key is no such thing: whichever of
        the two is filled first, it has to hold in the end.
        """
        for edge in [edge for needs in self.edges.values() for edge in needs.values()]:
            if edge.strength == "declared":
                self._drop_ways(edge.needs, edge.node)
        for edge in [edge for needs in self.edges.values() for edge in needs.values()]:
            if edge.strength == "soft" and self.find_way(edge.needs, edge.node):
                del self.edges[edge.node][edge.needs]

    def _drop_ways(self, start: str, end: str) -> None:
        while True:
            way = self.find_way(start, end, _BUT_KEYS)
            first = next((edge for edge in way or () if edge.strength != "declared"), None)
            if first is None:
                return
            del self.edges[first.node][first.needs]
            if first.needs in self._keys.get(first.node, ()):
                self.add(self._keys[first.node][first.needs])

    def find_cycles(self) -> list[list[Edge]]:
        """Circles of the nodes that wait for each other: all, but of one knot 20 at most.

        Foreign keys are left out where there are circles without them: those alone do no harm.
        """
        cycles: list[list[Edge]] = []
        for knot in self.find_knots():
            bare = DependencyGraph(knot)
            for node in knot:
                for edge in self.edges[node].values():
                    if edge.strength != "key":
                        bare.add(edge)
            knots = [(bare, each) for each in bare.find_knots()] or [(self, knot)]
            for graph, nodes in knots:
                cycles += graph._find_circles(nodes)
        return cycles

    def _find_circles(self, knot: Collection[str]) -> list[list[Edge]]:
        """The circles through the nodes of a knot, each once and from its first name on."""
        found: list[list[Edge]] = []
        steps = 0
        ranks = {node: index for index, node in enumerate(sorted(knot))}
        for first, rank in ranks.items():
            paths: list[list[Edge]] = [[]]
            while paths and len(found) < _MOST_CYCLES and steps < _MOST_STEPS:
                steps += 1
                path = paths.pop(0)
                node = path[-1].needs if path else first
                for needs, edge in sorted(self.edges[node].items()):
                    if needs == first:
                        found.append([*path, edge])
                    elif ranks.get(needs, -1) > rank and all(e.needs != needs for e in path):
                        paths.append([*path, edge])
        first = min(knot)
        return found[:_MOST_CYCLES] or [self.find_way(first, first) or []]

    def find_order(
        self, priorities: Mapping[str, int], circles: Iterable[Sequence[str]] = ()
    ) -> list[str]:
        """The nodes, each after what it needs; higher priority first, then by name.

        Nodes that wait for each other, and those that wait for them, are left out.

        Args:
            priorities: node to its priority.
            circles: nodes that are built together, in this order: one follows the other.
        """
        together = {circle[0]: circle for circle in circles}
        heads = {node: head for head, circle in together.items() for node in circle}
        needed: dict[str, set[str]] = {heads.get(node, node): set() for node in self.edges}
        for node, needs in self.edges.items():
            head = heads.get(node, node)
            needed[head] |= {heads.get(other, other) for other in needs} - {head}
        missing = {node: len(needs) for node, needs in needed.items()}
        waiting: dict[str, list[str]] = {node: [] for node in needed}
        for node, heads_needed in needed.items():
            for other in heads_needed:
                waiting[other].append(node)
        ready = [(-priorities.get(node, 0), node) for node, count in missing.items() if not count]
        heapq.heapify(ready)
        order: list[str] = []
        while ready:
            _, node = heapq.heappop(ready)
            order += together.get(node, (node,))
            for other in sorted(waiting[node]):
                missing[other] -= 1
                if not missing[other]:
                    heapq.heappush(ready, (-priorities.get(other, 0), other))
        return order


def _reach(
    start: str, within: Collection[str], following: Callable[[str], Iterable[str]]
) -> set[str]:
    """The nodes that one can come to from `start` in one step or more."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for node in following(waiting.pop()):
            if node in within and node not in found:
                found.add(node)
                waiting.append(node)
    return found
