"""The names that Postgres makes up for what a script gives none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from staging_assets.parser.lexer.tokens import NAME_KINDS, Token

_MAX_NAME_BYTES = 63


def find_implied_name(table: str, column: str, label: str) -> str:
    """The name that Postgres makes of a table, a column and a label, in at most 63 bytes."""
    room = _MAX_NAME_BYTES - len(label) - 1 - (1 if column else 0)
    first, second = table.encode(), column.encode()
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [first.decode(errors="ignore"), second.decode(errors="ignore"), label]
    return "_".join(part for part in parts if part)


def find_index_addition(tokens: Sequence[Token], place: int) -> str | None:
    """The columns in the name of an index that CREATE INDEX gives none; None when it gives one.

    Args:
        tokens: of the statement.
        place: the index behind the table's name.
    """
    words = [token.value for token in tokens[:place]]
    if "on" not in words or words[words.index("on") - 1] not in ("index", "concurrently"):
        return None
    return _join(_find_elements(tokens[place:]))


def find_excluded(tokens: Sequence[Token]) -> str:
    """The columns in the name of an EXCLUDE that is given none.

    Args:
        tokens: from EXCLUDE on.
    """
    return _join(_find_elements(tokens))


def find_statistics_addition(tokens: Sequence[Token], schema: str, table: str) -> str | None:
    """The columns in the name of statistics that CREATE STATISTICS gives none.

    None when it gives one, or is about another table.

    Args:
        tokens: of the statement.
    """
    words = [token.value for token in tokens]
    if words[2:3] not in (["on"], ["("]) or words[-4:] != ["from", schema, ".", table]:
        return None
    return _join(split_list(tokens[words.index("on") + 1 : -4]))


def _join(elements: Iterable[Sequence[Token]]) -> str:
    """The names of the columns; one that comes again gets a number."""
    columns: list[str] = []
    for element in elements:
        name = first = _find_element_name(element)
        number = 0
        while name in columns:
            number += 1
            name = f"{first}{number}"
        columns.append(name)
    return "_".join(columns)


def _find_elements(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The columns of an index, and those that INCLUDE adds."""
    depth = start = 0
    lists = 0
    before = ""
    for index, token in enumerate(tokens):
        if token.kind == "punctuation" and token.value == "(":
            depth += 1
            if depth == 1:
                start = index + 1
        elif token.kind == "punctuation" and token.value == ")":
            depth -= 1
            if depth == 0 and (lists == 0 or before == "include"):
                lists += 1
                yield from split_list(tokens[start:index])
        elif depth == 0:
            before = token.value


def _find_element_name(element: Sequence[Token]) -> str:
    """What Postgres calls a column of an index: the column, the function, or `expr`."""
    inner = list(element)
    if "with" in [token.value for token in inner[1:]] and inner[0].value != "(":
        return inner[0].value  # of an EXCLUDE
    while inner and inner[0].kind == "punctuation" and inner[0].value == "(":
        del inner[0]
    if [token.value for token in inner[1:4:2]] == [".", "("]:  # a function with its schema
        return inner[2].value
    if inner and inner[0].kind in NAME_KINDS:
        called = len(inner) > 1 and inner[1].value == "("
        if called or len(inner) == len(element):
            return inner[0].value
    return "expr"


def split_list(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Cut tokens at the commas outside parentheses."""
    depth = first = 0
    for index, token in enumerate(tokens):
        if token.kind == "punctuation":
            depth += (token.value in "([") - (token.value in ")]")
            if token.value == "," and depth == 0:
                yield tokens[first:index]
                first = index + 1
    yield tokens[first:]
