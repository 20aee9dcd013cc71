"""An `INSERT ... SELECT` taken apart, as far as a question about its rows needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from staging_assets.parser import (
    NAME_KINDS,
    LexicalError,
    Token,
    quote_name,
    split_list,
    tokenize,
)

_QUERY = ("select", "with", "values", "table")
_ENDS_SOURCE = frozenset(
    (
        *("group", "having", "order", "limit", "offset", "fetch", "window", "for"),
        *("union", "intersect", "except", "on", "returning"),
    )
)


@dataclass(frozen=True)
class Item:
    """One expression of a SELECT: its text without an alias, and its tokens."""

    text: str
    tokens: Sequence[Token]


@dataclass(frozen=True)
class Insert:
    """An INSERT that takes its rows from a query.

    Args:
        text: the statement.
        tokens: of it.
        head: its WITH list, empty when there is none.
        columns: those that it names; none when it names none.
        query: the text of the query.
        items: what the query gives, an expression a column; none when it is no plain SELECT.
    """

    text: str
    tokens: Sequence[Token]
    head: str
    columns: tuple[str, ...]
    query: str
    items: tuple[Item, ...]

    def new_rows(self, columns: Sequence[str]) -> str | None:
        """A WITH list in which `new_rows` is what the statement would insert.

        Args:
            columns: of the table, in order; taken when the statement names none.

        None when the rows cannot be asked for in this way.
        """
        named = self.columns or tuple(columns[: len(self.items)])
        if not named or (self.head and self.query.lower().startswith("with")):
            return None
        listed = ", ".join(map(quote_name, named))
        before = f"{self.head}, " if self.head else "with "
        return f"{before}new_rows ({listed}) as (\n{self.query}\n)"


def find_other(text: str) -> Insert | None:
    """Any other statement (UPDATE, CREATE TABLE AS), of which only the conversions are known.

    None when it cannot be read.
    """
    try:
        tokens = tokenize(text)
    except LexicalError:
        return None
    return Insert(text, tokens, "", (), "", ())


def has_with(insert: Insert) -> bool:
    """Whether a statement that is no INSERT has a WITH list, which its parts may need."""
    return not insert.query and _find(insert.tokens, ("with",)) is not None


def find_insert(text: str) -> Insert | None:
    """Take a statement apart; None when it is no `INSERT` from a query, or cannot be read."""
    try:
        tokens = [token for token in tokenize(text) if token.value != ";"]
    except LexicalError:
        return None
    start = _find(tokens, ("insert",))
    if start is None or start + 2 >= len(tokens):
        return None
    at = start + 2
    while at < len(tokens) and (tokens[at].kind in NAME_KINDS or tokens[at].value == "."):
        if tokens[at].kind == "word" and tokens[at].value in (*_QUERY, "overriding", "default"):
            break
        at += 1
    columns: tuple[str, ...] = ()
    if at < len(tokens) and tokens[at].value == "(" and not _opens_query(tokens, at):
        end = _find_end(tokens, at)
        columns = tuple(token.value for token in tokens[at:end] if token.kind in NAME_KINDS)
        at = end + 1
    if at < len(tokens) and tokens[at].value == "overriding":
        at += 3
    if at >= len(tokens) or not (tokens[at].value in _QUERY or _opens_query(tokens, at)):
        return None
    last = _find(tokens, ("on", "returning"), at) or len(tokens)
    query = text[tokens[at].start : tokens[last - 1].end]
    head = text[tokens[0].start : tokens[start - 1].end] if start else ""
    items = tuple(_find_items(text, tokens[at:last]))
    return Insert(text, tokens, head, columns, query, items)


@dataclass(frozen=True)
class Source:
    """Where a SELECT takes its rows from.

    Args:
        text: from FROM up to WHERE.
        where: the condition; empty when there is none.
        begin: where the list of the SELECT begins, 0-based, in characters.
    """

    text: str
    where: str
    begin: int


def find_source(text: str, tokens: Sequence[Token], at: int) -> Source | None:
    """FROM and WHERE of the innermost SELECT around a token.

    Args:
        text: the statement.
        tokens: of it.
        at: index of the token, in the list of a SELECT or in its WHERE; the WHERE is then empty.

    None when it stands elsewhere, as in a join's ON, or there is no FROM.
    """
    clause = _find_clause(tokens, at)
    first = clause if clause is not None and tokens[clause].value == "select" else None
    if clause is not None and tokens[clause].value == "where":
        first = _find_clause(tokens, clause - 1, ("select",))
    if first is None:
        return None
    begin = _find(tokens, ("from",), first + 1)
    if begin is None:
        return None
    end = _find_clause_end(tokens, begin)
    where = _find(tokens, ("where",), begin)
    middle = where if where is not None and where < end else end
    source = text[tokens[begin].start : tokens[middle - 1].end]
    within = begin < at
    condition = text[tokens[middle].end : tokens[end - 1].end].strip() if middle < end else ""
    return Source(source, "" if within else condition, tokens[first].end)


def _find_clause(
    tokens: Sequence[Token], at: int, words: Sequence[str] = ("select", "from", "where")
) -> int | None:
    """The index of the keyword whose clause a token is in, in the innermost SELECT around it."""
    depth = 0
    for index in range(at, -1, -1):
        token = tokens[index]
        depth += (token.value in (")", "]")) - (token.value in ("(", "["))
        if depth < 0:  # out of a parenthesis: what stands before it is of the same level again
            depth = 0
            continue
        named = depth == 0 and token.kind == "word" and token.value in words
        if named and not (token.value == "from" and _is_of_function(tokens, index)):
            return index
    return None


def _is_of_function(tokens: Sequence[Token], at: int) -> bool:
    """Whether a FROM is that of `extract(year from x)` or `is distinct from`."""
    depth = 0
    for index in range(at - 1, 0, -1):
        depth += (tokens[index].value == ")") - (tokens[index].value == "(")
        if depth < 0:
            return tokens[index - 1].value in ("extract", "trim", "substring", "overlay")
    return tokens[at - 1].value == "distinct"


def _find_items(text: str, tokens: Sequence[Token]) -> Iterator[Item]:
    begin = _find(tokens, ("select",))
    if begin is None or _find(tokens, ("union", "intersect", "except")):
        return
    end = _find(tokens, ("from", "where", "group", "order", "limit"), begin + 1) or len(tokens)
    first = begin + 1
    first += first < end and tokens[first].value in ("distinct", "all")
    if first < end and tokens[first].value == "on":
        first = _find_end(tokens, first + 1) + 1
    for part in split_list(tokens[first:end]):
        kept = list(part)
        if len(kept) > 2 and kept[-2].value == "as" and kept[-2].kind == "word":
            kept = kept[:-2]
        if not kept or kept[-1].value == "*":
            return
        yield Item(text[kept[0].start : kept[-1].end], kept)


def _find(tokens: Sequence[Token], words: Sequence[str], start: int = 0) -> int | None:
    """The first of some keywords outside parentheses that are opened behind `start`."""
    depth = 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        depth += (token.value in ("(", "[")) - (token.value in (")", "]"))
        if depth < 0:
            return None
        # `extract(year from x)` is inside parentheses, `is distinct from` is not.
        if depth == 0 and token.kind == "word" and token.value in words:
            before = tokens[index - 1].value if index else ""
            if not (token.value == "from" and before == "distinct"):
                return index
    return None


def _find_clause_end(tokens: Sequence[Token], begin: int) -> int:
    """The index behind FROM and WHERE: of the next clause, or of what closes the query."""
    depth = 0
    for index in range(begin, len(tokens)):
        token = tokens[index]
        depth += (token.value in ("(", "[")) - (token.value in (")", "]"))
        if depth < 0:
            return index
        ends = depth == 0 and token.kind == "word" and token.value in _ENDS_SOURCE
        # ON belongs to a join, unless it begins ON CONFLICT.
        joins = token.value == "on" and tokens[min(index + 1, len(tokens) - 1)].value != "conflict"
        if ends and not joins:
            return index
    return len(tokens)


def _find_end(tokens: Sequence[Token], opening: int) -> int:
    """The index of what closes a parenthesis."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].value == "(") - (tokens[index].value == ")")
        if depth == 0:
            return index
    return len(tokens) - 1


def _opens_query(tokens: Sequence[Token], at: int) -> bool:
    while at < len(tokens) and tokens[at].value == "(":
        at += 1
    return at < len(tokens) and tokens[at].kind == "word" and tokens[at].value in _QUERY
