"""The conversions in a statement: which expression is made which type, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from staging_assets.parser import NAME_KINDS, Token

_SAME = {
    **{"int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint"},
    **{"decimal": "numeric", "dec": "numeric", "bool": "boolean", "float": "double precision"},
    **{"float8": "double precision", "float4": "real", "timestamptz": "timestamp with time zone"},
    **{"timetz": "time with time zone", "varchar": "character varying", "char": "character"},
}
_LONG = ("double", "character", "bit", "timestamp", "time")
_READERS = {"to_date": "date", "to_timestamp": "timestamp", "to_number": "numeric"}


@dataclass(frozen=True)
class Cast:
    """One conversion.

    Args:
        operand: the text of what is converted.
        text: of the whole conversion.
        type: what it becomes, as Postgres' messages spell it.
        start: where it begins in the statement, 0-based, in characters.
        index: of a token inside it.
        checked: whether `pg_input_is_valid` says what the conversion takes.
    """

    operand: str
    text: str
    type: str
    start: int
    index: int
    checked: bool = True


def find_casts(text: str, tokens: Sequence[Token]) -> list[Cast]:
    """Find `x::type`, `cast(x as type)`, and `to_date(x, ...)` with its like.

    Conversions of literals are left out: Postgres gives their place itself.
    """
    found = [*_find_casts(text, tokens)]
    return [cast for cast in found if not re.fullmatch(r"'[^']*'|[\d.]+", cast.operand)]


def spell_type(name: str) -> str:
    """A type as Postgres' messages spell it: `int` is integer."""
    plain = re.sub(r"\s*\([^)]*\)", "", name.lower()).strip()
    return _SAME.get(plain, plain)


def _find_casts(text: str, tokens: Sequence[Token]) -> Iterator[Cast]:
    for index, token in enumerate(tokens):
        if token.value == "::" and index:
            first = _find_operand(tokens, index - 1)
            last = _find_type_end(tokens, index + 1)
            start = tokens[first].start
            operand = text[start : tokens[index - 1].end]
            spelled = text[tokens[index + 1].start : tokens[last].end] if last > index else ""
            whole = text[start : tokens[last].end]
            yield Cast(operand, whole, spell_type(spelled), start, index)
        elif token.kind == "word" and index + 1 < len(tokens) and tokens[index + 1].value == "(":
            end = _find_close(tokens, index + 1)
            inner = tokens[index + 2 : end]
            if token.value == "cast" and inner:
                split = _find_as(inner)
                if split is not None:
                    operand = text[inner[0].start : inner[split - 1].end]
                    spelled = text[inner[split + 1].start : inner[-1].end]
                    whole = text[token.start : tokens[end].end]
                    yield Cast(operand, whole, spell_type(spelled), token.start, index)
            elif token.value in _READERS and inner:
                stop = next((i for i, t in enumerate(inner) if t.value == ","), len(inner))
                operand = text[inner[0].start : inner[stop - 1].end]
                whole = text[token.start : tokens[end].end]
                yield Cast(operand, whole, _READERS[token.value], token.start, index, False)


def _find_operand(tokens: Sequence[Token], last: int) -> int:
    """The index where the operand of `::` begins, given its last token."""
    index = last
    while True:
        if tokens[index].value in (")", "]"):
            index = _find_open(tokens, index)
            before = tokens[index - 1] if index else None
            named = before is not None and before.kind in NAME_KINDS
            if named or (before is not None and before.value == "]"):
                index -= 1
                if tokens[index].value == "]":
                    continue
        while index > 1 and tokens[index - 1].value == "." and tokens[index - 2].kind in NAME_KINDS:
            index -= 2
        if index > 1 and tokens[index - 1].value == "::":
            index -= 2
            continue
        return index


def _find_open(tokens: Sequence[Token], close: int) -> int:
    depth = 0
    for index in range(close, -1, -1):
        depth += (tokens[index].value in (")", "]")) - (tokens[index].value in ("(", "["))
        if depth == 0:
            return index
    return 0


def _find_close(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].value in ("(", "[")) - (tokens[index].value in (")", "]"))
        if depth == 0:
            return index
    return len(tokens) - 1


def _find_as(tokens: Sequence[Token]) -> int | None:
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.value in ("(", "[")) - (token.value in (")", "]"))
        if depth == 0 and token.kind == "word" and token.value == "as" and index:
            return index if index + 1 < len(tokens) else None
    return None


def _find_type_end(tokens: Sequence[Token], first: int) -> int:
    """The index of the last token of a type's name: `timestamp with time zone`, `numeric(5, 2)`."""
    index = first
    while index + 2 < len(tokens) and tokens[index + 1].value == ".":
        index += 2
    words = [token.value for token in tokens[index : index + 5]]
    if words and words[0] in _LONG:
        for tail in (["precision"], ["varying"], *_ZONES):
            if words[1 : 1 + len(tail)] == tail:
                index += len(tail)
    if index + 1 < len(tokens) and tokens[index + 1].value == "(":
        index = _find_close(tokens, index + 1)
    while index + 2 < len(tokens) and [t.value for t in tokens[index + 1 : index + 3]] == [
        "[",
        "]",
    ]:
        index += 2
    return min(index, len(tokens) - 1)


_ZONES = (["with", "time", "zone"], ["without", "time", "zone"])
