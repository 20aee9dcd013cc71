"""Which worker built what, and when: a bar a node, a lane a worker."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence

from staging_assets.reports.drawing.svg import element, picture
from staging_assets.reports.run.record import FAILED, SKIPPED, NodeRecord

_WIDTH = 960.0
_LEFT, _RIGHT = 66.0, 12.0
_LANE, _GAP, _FOOT = 22.0, 4.0, 26.0
_LETTER = 6.2
"""The width of a letter of a label, about: one that does not fit is left out."""


def draw_timeline(
    nodes: Iterable[NodeRecord], *, chain: Collection[str] = (), alone: bool = False
) -> str:
    """Draw it; an empty text when there is nothing to draw.

    Args:
        nodes: what a run worked on; those without a beginning or a worker are left out.
        chain: names of the longest chain, which are darker.
        alone: whether the picture stands in no page. It is small then: neighbours become one bar
            where they are too short to be seen, and names are left to the longer bars.
    """
    ran = [n for n in nodes if n.status != SKIPPED and n.began is not None and n.worker]
    if not ran:
        return ""
    first = min(node.began or 0.0 for node in ran)
    whole = max((node.began or 0.0) + node.seconds for node in ran) - first or 1e-3
    scale = (_WIDTH - _LEFT - _RIGHT) / whole
    workers = sorted({node.worker or 0 for node in ran})
    height = len(workers) * (_LANE + _GAP) + _FOOT
    parts = list(_draw_axis(whole, scale, height))
    for lane, worker in enumerate(workers):
        top = lane * (_LANE + _GAP) + 2
        parts += [
            element("rect", class_="lane", x=_LEFT, y=top, width=whole * scale, height=_LANE),
            element("text", class_="quiet", x=4, y=top + 15, text=f"worker {worker}"),
        ]
        of_worker = sorted((n for n in ran if n.worker == worker), key=lambda n: n.began or 0.0)
        bars = [
            (_LEFT + ((n.began or 0.0) - first) * scale, max(n.seconds * scale, 0.8), n)
            for n in of_worker
        ]
        draw = _draw_few if alone else _draw_each
        parts += draw(bars, top, chain)
    told = f"{len(ran)} built by {len(workers)} workers in {whole:.1f} s"
    return picture(_WIDTH, height, parts, label=told, alone=alone)


_Bar = tuple[float, float, NodeRecord]
"""Left edge and width in pixels, and whose."""


def _draw_each(bars: Sequence[_Bar], top: float, chain: Collection[str]) -> Iterator[str]:
    for left, width, node in bars:
        told = f"{node.name}: {node.seconds:.2f} s"
        yield element(
            "rect",
            element("title", text=told),
            class_=_find_class(node, chain),
            x=left,
            y=top,
            width=max(width - 0.5, 0.5),
            height=_LANE,
        )
        yield _draw_name(left, width, node, top)


def _draw_few(bars: Sequence[_Bar], top: float, chain: Collection[str]) -> Iterator[str]:
    runs: list[tuple[float, float, str]] = []
    for left, width, node in bars:
        of = _find_class(node, chain)
        if runs and width < 2 and runs[-1][2] == of and left - sum(runs[-1][:2]) < 1:
            runs[-1] = (runs[-1][0], left + width - runs[-1][0], of)
        else:
            runs.append((left, width, of))
    for of in sorted({run[2] for run in runs}):
        drawn = [
            f"M{x:.1f} {top:.0f}h{max(w - 0.5, 0.5):.1f}v{_LANE:.0f}H{x:.1f}z"
            for x, w, k in runs
            if k == of
        ]
        yield element("path", class_=of, d="".join(drawn))
    yield from (_draw_name(left, width, node, top) for left, width, node in bars)


def _draw_name(left: float, width: float, node: NodeRecord, top: float) -> str:
    name = node.name.rpartition("/")[2]
    if len(name) * _LETTER + 8 > width:
        return ""
    return element("text", class_="on", x=left + 4, y=top + 15, text=name)


def _draw_axis(whole: float, scale: float, height: float) -> Iterator[str]:
    step = find_step(whole)
    for turn in range(int(whole / step) + 1):
        at = _LEFT + turn * step * scale
        yield element("line", class_="line", x1=at, x2=at, y1=0, y2=height - _FOOT + 4)
        yield element(
            "text",
            class_="quiet",
            x=at,
            y=height - 8,
            text_anchor="middle",
            text=f"{turn * step:g} s",
        )


def find_step(whole: float, most: int = 10) -> float:
    """The distance of ticks: 1, 2 or 5 times a power of ten, `most` of them at most."""
    power = 10.0 ** math.floor(math.log10(whole / most))
    return next(power * times for times in (1, 2, 5, 10) if whole / (power * times) <= most)


def _find_class(node: NodeRecord, chain: Collection[str]) -> str:
    if node.status == FAILED:
        return "failed"
    return "chain" if node.name in chain else "built"
