"""Changes of a text on its way to the server, which can be traced back."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from staging_assets.parser.lexer.tokens import Token

Escape = Callable[[str], str]
Place = Callable[[int], int]


@dataclass(frozen=True)
class Rewritten:
    """A script's text on its way to the server."""

    text: str

    def source_offset(self, offset: int) -> int:
        """The offset in the script of a 0-based character offset into `text`."""
        return offset


class Edit(NamedTuple):
    """Replace what stands from `start` to `end` in the script."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Edited(Rewritten):
    """`starts` are where each edit begins in `text`, in order."""

    starts: tuple[int, ...]
    edits: tuple[Edit, ...]

    def source_offset(self, offset: int) -> int:
        index = bisect.bisect_right(self.starts, offset) - 1
        if index < 0:
            return offset
        start, end, text = self.edits[index]
        beyond = offset - self.starts[index] - len(text)
        return end + beyond if beyond >= 0 else start


def apply_edits(text: str, edits: Collection[Edit]) -> Rewritten:
    """The text with the edits made; of two that overlap, the first."""
    parts: list[str] = []
    starts: list[int] = []
    position = length = 0
    made: list[Edit] = []
    for edit in sorted(set(edits)):
        start, end, new = edit
        if start < position:
            continue  # within one that is made
        made.append(edit)
        parts += (text[position:start], new)
        length += start - position
        starts.append(length)
        length += len(new)
        position = end
    parts.append(text[position:])
    return _Edited("".join(parts), tuple(starts), tuple(made)) if made else Rewritten(text)


def within(escape: Escape, token: Token, *, formatted: bool = False) -> Escape:
    """How a name is spelled in a literal, itself in text that needs `escape`."""

    def quote(name: str) -> str:
        if formatted:
            name = name.replace("%", "%%")
        if token.kind in ("escaped", "unicode"):
            name = name.replace("\\", "\\\\")
        if token.kind != "dollar":
            name = name.replace("'", "''")
        return escape(name)

    return quote
