"""How a number, or a check, went over the last runs: small enough to stand in a line of text."""

from __future__ import annotations

from collections.abc import Sequence

from staging_assets.reports.drawing.svg import element, picture

_WIDTH, _HEIGHT, _EDGE = 120.0, 24.0, 3.0
_MARK = 10.0


def draw_trend(values: Sequence[float | None], *, label: str) -> str:
    """A line through the numbers, and a dot at the last one; the foot of the picture is nought.

    Args:
        values: the oldest first; None where a run has none.
        label: what it shows.

    Returns an empty text when there are fewer than two numbers.
    """
    known = [(turn, value) for turn, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    most = max(value for _, value in known) or 1.0
    step = (_WIDTH - 2 * _EDGE) / max(len(values) - 1, 1)
    points = [
        (_EDGE + turn * step, _HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * value / most)
        for turn, value in known
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    parts = [
        element("polyline", class_="trend", points=line),
        element("circle", class_="last", cx=x, cy=y, r=2.5),
    ]
    return picture(_WIDTH, _HEIGHT, parts, label=label)


def draw_marks(results: Sequence[str], *, label: str) -> str:
    """A square for each run.

    Args:
        results: the oldest first: `passed`, `warned`, `failed`, or empty where it was not asked.
        label: what it shows.
    """
    parts = [
        element(
            "rect",
            element("title", text=result or "not evaluated"),
            class_=result or "unasked",
            x=turn * (_MARK + 2),
            y=2,
            width=_MARK,
            height=_MARK,
            rx=2,
        )
        for turn, result in enumerate(results)
    ]
    return picture(len(results) * (_MARK + 2), _MARK + 4, parts, label=label)
