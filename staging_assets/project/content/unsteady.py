"""What makes a script give something else at another time, though nothing that it reads changed.

Found in its text: words for the clock, files, samples. Functions are another matter: whether
`random` or one of an extension is such a function, the server says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from staging_assets.parser import ReadStatement, Token

_CLOCK = frozenset(
    ("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp")
)
_DAYS = frozenset(("now", "today", "yesterday", "tomorrow", "allballs"))
_TIMES = frozenset(("date", "time", "timetz", "timestamp", "timestamptz", "zone"))
_FILLS = frozenset(("insert", "update", "delete", "merge", "copy", "with", "do", "call", "execute"))


def find_unsteady(statements: Iterable[ReadStatement]) -> list[str]:
    """What of it some statements name, as people read it: `reads the clock: current_date`."""
    found: list[str] = []
    for statement in statements:
        for piece, _, _ in statement.piece.walk():
            found += _find_in(piece.tokens)
    return list(dict.fromkeys(found))


def find_filling(statements: Iterable[ReadStatement]) -> list[ReadStatement]:
    """Those statements of a CREATE script that put rows into the table or select them.

    A column's default such as `now()` says when a row came in. That a row would come in later is
    no change.
    """
    return [
        statement
        for statement in statements
        if statement.tokens
        and (
            statement.tokens[0].value in _FILLS
            or any(token.kind == "word" and token.value == "select" for token in statement.tokens)
        )
    ]


def _find_in(tokens: Sequence[Token]) -> Iterator[str]:
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind == "word":
            if token.value in _CLOCK and not _is_name(before):
                yield f"reads the clock: {token.value}"
            elif token.value == "age" and _counts_from_today(tokens, index):
                yield "reads the clock: age of one argument"
            elif token.value == "tablesample" and not any(t.value == "repeatable" for t in tokens):
                yield "takes a sample: tablesample"
        elif (
            token.kind == "string"
            and token.value[1:-1].strip().lower() in _DAYS
            and (_is_time(before) or (after is not None and after.value in ("::", "as")))
        ):
            yield f"reads the clock: {token.value}"
    if _copies_from_outside(tokens):
        yield "reads a file: copy"


def _copies_from_outside(tokens: Sequence[Token]) -> bool:
    copies = False
    for token, after in pairwise(tokens):
        if token.value == ";":
            copies = False
        elif token.kind == "word" and token.value == "copy":
            copies = True
        elif copies and token.kind == "word" and token.value == "from":
            return after.value == "program" or after.kind in ("string", "escaped", "unicode")
    return False


def _counts_from_today(tokens: Sequence[Token], index: int) -> bool:
    """Whether a call of `age` has one argument: then it means the age today."""
    depth = 0
    for token in tokens[index + 1 :]:
        if token.kind == "punctuation":
            depth += {"(": 1, ")": -1}.get(token.value, 0)
            if token.value == "," and depth == 1:
                return False
        if depth == 0:
            return token.value == ")"
    return False


def _is_name(before: Token | None) -> bool:
    """Whether a word after this one is the name of something: `as current_date`, `t.localtime`."""
    return before is not None and before.value in (".", "as")


def _is_time(before: Token | None) -> bool:
    return before is not None and before.kind == "word" and before.value in _TIMES
