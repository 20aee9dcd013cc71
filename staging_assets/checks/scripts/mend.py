"""A statement with one name in it corrected, so that the next wrong one is found as well."""

from __future__ import annotations

from collections.abc import Sequence

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import NAME_KINDS, LexicalError, Token, quote_name, tokenize

Span = tuple[int, int, str]

NAMES = frozenset(("42P01", "42703", "42704", "42883"))
"""A relation, a column, a type or a function that is not there."""


def find_mending(  # noqa: PLR0911 - one way for each kind of name
    text: str, at: int, sqlstate: str, message: str, meant: Sequence[str]
) -> Span | None:
    """What is to be replaced in a statement; None where nobody can tell.

    Args:
        text: the statement.
        at: where the server sees the error, 0-based.
        sqlstate, message: what it says.
        meant: how what may be meant is spelled for the server; the likeliest is taken.
    """
    try:
        tokens = tokenize(text)
    except LexicalError:
        return None
    first = next((i for i, token in enumerate(tokens) if token.start == at), None)
    if first is None or tokens[first].kind not in NAME_KINDS:
        return None
    last = first
    while last + 2 < len(tokens) and tokens[last + 1].value == ".":
        last += 2
    start, end = tokens[first].start, tokens[last].end
    only = meant[0] if meant else None
    if sqlstate == "42703":
        if only is not None:
            return tokens[last].start, end, only
        return None if "of relation" in message else (start, end, "null")
    if sqlstate == "42P01":
        return None if only is None else (start, end, only)
    if sqlstate == "42883":
        if not message.startswith("function"):
            return None
        close = _find_close(tokens, last + 1)
        if only is not None:
            return start, end, only
        return None if close is None else (start, tokens[close].end, "null")
    if not message.startswith("type"):
        return None
    close = _find_close(tokens, last + 1)
    if only is None and close is not None:
        end = tokens[close].end
    return start, end, only or "text"


def spell(name: str, schemas: SchemaNames, schema: str, *, is_column: bool) -> str:
    """How the server is told a name that scripts spell.

    Args:
        name: a plain name, or one with its schema.
        schemas: what scripts call the schemas.
        schema: what is really meant by the one that is built.
        is_column: whether it is the name of a column; else one alone is that of a type or function
            of Postgres, which is written as it is.
    """
    parts = [token.value for token in tokenize(name) if token.kind in NAME_KINDS]
    if len(parts) < 2:
        return quote_name(name) if is_column else name
    return str(Relation(schemas.in_database(parts[0], schema), parts[1]))


def find_name(text: str, named: Relation) -> int:
    """Where a name stands for the first time in a statement, its schema with it; 0 if nowhere."""
    try:
        tokens = tokenize(text)
    except LexicalError:
        return 0
    for index, token in enumerate(tokens):
        if token.kind in NAME_KINDS and token.value == named.name:
            qualified = index > 1 and tokens[index - 1].value == "."
            if not named.schema or (qualified and tokens[index - 2].value == named.schema):
                return tokens[index - 2].start if qualified else token.start
    return 0


def _find_close(tokens: Sequence[Token], index: int) -> int | None:
    """Where the parentheses end that open at a token; None where none do."""
    depth = 0
    for at in range(index, len(tokens)):
        depth += (tokens[at].value == "(") - (tokens[at].value == ")")
        if at == index and depth == 0:
            return None
        if depth == 0:
            return at
    return None
