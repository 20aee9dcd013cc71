"""Tables in Markdown, aligned so that they also read well on a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def spell_table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table: the first row is its header, the first column stands on the left."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "| " + " | ".join(cells) + " |"
        if number == 0:
            ends = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
            yield "| " + " | ".join(ends) + " |"
