"""The exponent of a power law through points."""

from __future__ import annotations

import math
from collections.abc import Sequence


def find_exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of log(cost) over log(size), by least squares: 1 is linear, 0 does not grow.

    Args:
        points: of (size, cost), at least two sizes; all above 0.
    """
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - middle_x) ** 2 for x in xs)


def spell_exponent(points: Sequence[tuple[float, float]]) -> str:
    """The exponent with two digits; "" for fewer than two points."""
    # Nobody wants to read -0.00.
    return f"{round(find_exponent(points), 2) + 0.0:.2f}" if len(points) > 1 else ""
