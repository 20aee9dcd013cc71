"""Counts and lists as people read them."""

from __future__ import annotations

from collections.abc import Sequence


def say(number: int, noun: str) -> str:
    """`1 row`, `2 rows`, `12,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def list_some(names: Sequence[str], most: int = 5) -> str:
    """`a, b`; `a, b, c, d, e and 93 more`.

    Args:
        most: how many are named.
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
