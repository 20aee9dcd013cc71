"""What a string literal says, and where each of its characters stands in the text around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from staging_assets.parser.lexer.tokens import Token

_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(
    r"''|'[^']*'|\\(?:[0-7]{1,3}|x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL
)
_UNICODE = re.compile(r"''|\\(?:\\|[0-9A-Fa-f]{4}|\+[0-9A-Fa-f]{6})")
_DOUBLED = re.compile(r"''")


@dataclass(frozen=True)
class Literal:
    """The text that a literal means.

    Args:
        value: what it means, escapes undone.
        start: offset, in the text around it, of the first character of `value`.
        places: offset of every character of `value` and of its end, or None when they
            simply count up from `start`.
    """

    value: str
    start: int
    places: Sequence[int] | None = None

    def outside(self, offset: int) -> int:
        """The offset in the text around the literal of a 0-based offset into `value`."""
        return self.start + offset if self.places is None else self.places[offset]


def read_literal(token: Token) -> Literal:
    """The text of a string token of any kind (`string`, `escaped`, `unicode`, `dollar`)."""
    raw = token.value
    if token.kind == "dollar":
        tag = raw.index("$", 1) + 1
        return Literal(raw[tag:-tag], token.start + tag)
    opening = raw.index("'") + 1
    inner = raw[opening:-1]
    start = token.start + opening
    if token.kind == "escaped" and ("\\" in inner or "'" in inner):
        return _undo(inner, start, _ESCAPE)
    if token.kind == "unicode" and ("\\" in inner or "'" in inner):
        return _undo(inner, start, _UNICODE)
    if "'" in inner:
        return _undo(inner, start, _DOUBLED)
    return Literal(inner, start)


def _undo(inner: str, start: int, escapes: re.Pattern[str]) -> Literal:
    value: list[str] = []
    places: list[int] = []
    position = 0
    for found in escapes.finditer(inner):
        value.extend(inner[position : found.start()])
        places.extend(range(start + position, start + found.start()))
        meaning = _meaning(found.group())
        value.extend(meaning)
        places.extend([start + found.start()] * len(meaning))
        position = found.end()
    value.extend(inner[position:])
    places.extend(range(start + position, start + len(inner) + 1))
    return Literal("".join(value), start, places)


def _meaning(escape: str) -> str:
    if escape == "''":
        return "'"
    if escape[0] == "'":  # a string that goes on in the next line
        return ""
    rest = escape[1:]
    if rest[0] in "xuU+" and len(rest) > 1:
        return _character(rest[1:], 16)
    if len(rest) == 4:  # U&'\0041'
        return _character(rest, 16)
    if rest[0] in "01234567":
        return _character(rest, 8)
    return _SIMPLE.get(rest, rest)


def _character(digits: str, base: int) -> str:
    code = int(digits, base)
    return chr(code) if 0 < code <= 0x10FFFF else "\ufffd"
