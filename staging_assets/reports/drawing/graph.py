"""What is built from what: a column for each level, from left to right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from staging_assets.reports.drawing.svg import element, picture

_HIGH, _GAP, _BETWEEN, _EDGE = 20.0, 6.0, 56.0, 8.0
_LETTER = 6.4
_SWEEPS = 12
"""How often columns are moved towards their neighbours: more changes little."""


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    width: float

    @property
    def middle(self) -> float:
        return self.top + _HIGH / 2


def draw_graph(
    upstream: Mapping[str, Collection[str]],
    *,
    classes: Mapping[str, str],
    linked: Collection[str] = (),
) -> str:
    """Draw it; an empty text when there is nothing to draw.

    An edge that others imply is left out.

    Args:
        upstream: name to what it is built from, in build order; what is no key is a source.
        classes: name to the class of its box, such as `failed`.
        linked: names that a section of the page is called by.
    """
    edges = {name: tuple(above) for name, above in upstream.items()}
    for above in upstream.values():
        edges |= {name: () for name in above if name not in edges}
    levels = _find_levels(edges)
    if not levels:
        return ""
    edges = _reduce(edges, levels)
    _draw_together(edges, levels)
    boxes = _place(edges, levels)
    width = max(box.left + box.width for box in boxes.values()) + _EDGE
    height = max(box.top for box in boxes.values()) + _HIGH + _EDGE
    parts = [*_draw_edges(edges, boxes)]
    for name, box in boxes.items():
        parts.append(_draw_box(name, box, classes.get(name, "source"), name in linked))
    return picture(width, height, parts, label=f"what {len(boxes)} assets are built from")


def _find_levels(edges: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Name to its column. What depends on something later in the order is in a circle with it."""
    levels: dict[str, int] = {name: 0 for name, above in edges.items() if not above}
    for name, above in edges.items():
        known = [levels[each] for each in above if each in levels]
        levels[name] = max(known, default=-1) + 1
    return levels


def _reduce(
    edges: Mapping[str, Sequence[str]], levels: Mapping[str, int]
) -> dict[str, tuple[str, ...]]:
    """Leave out edges that a way over others implies."""
    order = sorted(edges, key=lambda name: levels[name])
    bits = {name: 1 << place for place, name in enumerate(order)}
    above: dict[str, int] = {}
    kept: dict[str, tuple[str, ...]] = {}
    for name in order:
        direct = [each for each in edges[name] if levels[each] < levels[name]]
        farther = 0
        for each in direct:
            farther |= above[each]
        kept[name] = tuple(each for each in direct if not bits[each] & farther)
        above[name] = farther
        for each in direct:
            above[name] |= bits[each]
    return kept


def _draw_together(edges: Mapping[str, Sequence[str]], levels: dict[str, int]) -> None:
    """Move what is built from nothing to the column before the first that is built from it."""
    first: dict[str, int] = {}
    for name, above in edges.items():
        for each in above:
            first[each] = min(first.get(each, levels[name]), levels[name])
    for name, above in edges.items():
        if not above and name in first:
            levels[name] = first[name] - 1


def _place(edges: Mapping[str, Sequence[str]], levels: Mapping[str, int]) -> dict[str, _Box]:
    """Give each its place: near what it is built from and what is built from it.

    Each column is moved towards its neighbours, and those in it pushed apart, a few times over.
    """
    columns: list[list[str]] = [[] for _ in range(max(levels.values()) + 1)]
    for name in sorted(levels):
        columns[levels[name]].append(name)
    near: dict[str, list[str]] = {name: list(above) for name, above in edges.items()}
    for name, above in edges.items():
        for each in above:
            near[each].append(name)
    tops = {name: turn - len(c) / 2 for c in columns for turn, name in enumerate(c)}
    for sweep in range(_SWEEPS):
        for column in columns[::-1] if sweep % 2 else columns:
            wanted = {name: _find_middle(near[name], tops, tops[name]) for name in column}
            column.sort(key=lambda name: (wanted[name], name))
            for name, top in zip(column, _push_apart([wanted[n] for n in column]), strict=True):
                tops[name] = top
    highest = min(tops.values())
    boxes, left = {}, _EDGE
    for column in columns:
        width = max(len(_shorten(name)) for name in column) * _LETTER + 14
        for name in column:
            boxes[name] = _Box(left, _EDGE + (tops[name] - highest) * (_HIGH + _GAP), width)
        left += width + _BETWEEN
    return boxes


def _push_apart(wanted: Sequence[float]) -> list[float]:
    """Places at least one apart, in the same order, and on the whole where they were wanted."""
    groups: list[tuple[float, int]] = []  # the first place, and how many follow each other there
    for place in wanted:
        start, count = place, 1
        while groups and groups[-1][0] + groups[-1][1] > start:
            other, size = groups.pop()
            start = (other * size + (start - size) * count) / (size + count)
            count += size
        groups.append((start, count))
    return [start + turn for start, count in groups for turn in range(count)]


def _find_middle(near: Sequence[str], places: Mapping[str, float], own: float) -> float:
    return sum(places[each] for each in near) / len(near) if near else own


def _draw_edges(edges: Mapping[str, Sequence[str]], boxes: Mapping[str, _Box]) -> Iterator[str]:
    for name, above in edges.items():
        end = boxes[name]
        drawn = []
        for each in above:
            start = boxes[each]
            x, bend = start.left + start.width, _BETWEEN / 2
            drawn.append(
                f"M{x:.0f} {start.middle:.0f}C{x + bend:.0f} {start.middle:.0f} "
                f"{end.left - bend:.0f} {end.middle:.0f} {end.left:.0f} {end.middle:.0f}"
            )
        if drawn:
            yield element("path", class_="edge", d="".join(drawn))


def _draw_box(name: str, box: _Box, class_: str, linked: bool) -> str:
    drawn = element(
        "g",
        element("title", text=name),
        element("rect", class_=class_, x=box.left, y=box.top, width=box.width, height=_HIGH, rx=4),
        element("text", x=box.left + 7, y=box.top + 14, text=_shorten(name)),
        class_="node",
    )
    return element("a", drawn, href=f"#{name}") if linked else drawn


def _shorten(name: str) -> str:
    """Without `staging/`, which all of them have."""
    return name.partition("staging/")[2] or name
