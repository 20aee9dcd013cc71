"""Code inside string literals: bodies of functions and DO blocks, dynamic SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from staging_assets.parser.lexer.tokens import TEXT_KINDS, Token
from staging_assets.parser.strings.contexts import Contexts
from staging_assets.parser.strings.flow import Flow
from staging_assets.parser.strings.naming import Naming

SnippetKind = Literal[
    "block",  # the body of DO: runs at once
    "routine",  # the body of a PL/pgSQL function or procedure
    "query",  # the body of an SQL function
    "foreign",  # the body of a function in a language that is not read
    "dynamic",  # a piece of SQL that EXECUTE or the like puts together
    "format",  # the same, as first argument of format()
]


class Snippet(NamedTuple):
    """A literal that holds code."""

    kind: SnippetKind
    token: Token


class Snippets(NamedTuple):
    """The code in a piece of SQL; `dynamic` says that some of it is only made at the run."""

    found: tuple[Snippet, ...]
    dynamic: bool


_STARTS = frozenset((";", "begin", "then", "else", "loop", "in", "query", "for"))
_QUERY_FUNCTION = re.compile(r"crosstab\w*|query_to_xml\w*|ts_stat")
_LOOKS_LIKE_SQL = re.compile(
    r"""\s*(?:select|insert|update|delete|with|create|drop|alter|truncate|merge|copy|analyze
        |refresh|comment|grant|revoke|lock|call|do|table|values|vacuum|reindex|set)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def find_snippets(tokens: Sequence[Token], *, code: bool = False, body: bool = False) -> Snippets:
    """The code in the literals of `tokens`.

    Args:
        tokens: of a piece of SQL.
        code: whether they are the body of a PL/pgSQL block.
        body: whether they are the body of any routine, which may give back SQL.
    """
    found: dict[int, Snippet] = {}
    if not any(token.kind in TEXT_KINDS for token in tokens):
        return Snippets((), code and any(t.kind == "word" and t.value == "execute" for t in tokens))
    values = [token.value if token.kind in ("word", "punctuation") else "" for token in tokens]
    contexts: Contexts | None = None
    dynamic = False
    for index, word in enumerate(values):
        if word == "do" and (index == 0 or values[index - 1] in _STARTS):
            _add(found, tokens, index + 1, "block", values)
        elif word == "create" and (index == 0 or values[index - 1] in _STARTS):
            _add_routine(found, tokens, values, index)
        elif word == "format" and body and values[index + 1 : index + 2] == ["("]:
            if index + 2 < len(tokens) and _looks_like_sql(tokens[index + 2]):
                _add(found, tokens, index + 2, "format", values)
        elif word == "execute" and code and (index == 0 or values[index - 1] in _STARTS):
            contexts = contexts or Contexts(tokens, Naming())
            dynamic = _add_execute(found, contexts, values, index + 1) or dynamic
        elif values[index + 1 : index + 2] == ["("] and _QUERY_FUNCTION.fullmatch(word):
            _add_arguments(found, tokens, values, index + 2)
    if dynamic and contexts is not None:
        _add_prepared(found, contexts, values)
    return Snippets(tuple(found[index] for index in sorted(found)), dynamic)


def looks_like_sql(text: str) -> bool:
    """Whether a text begins as a statement does."""
    return _LOOKS_LIKE_SQL.match(text) is not None


def _looks_like_sql(token: Token) -> bool:
    return token.kind in TEXT_KINDS and looks_like_sql(token.value.strip("'$"))


def _find_kind(values: Sequence[str], index: int) -> SnippetKind:
    return "format" if values[index - 2 : index] == ["format", "("] else "dynamic"


def _add(
    found: dict[int, Snippet],
    tokens: Sequence[Token],
    index: int,
    kind: SnippetKind,
    values: Sequence[str],
) -> None:
    if index < len(tokens) and values[index] == "language":
        index += 2
    if index < len(tokens) and tokens[index].kind in TEXT_KINDS:
        found[index] = Snippet(kind, tokens[index])


def _add_routine(
    found: dict[int, Snippet], tokens: Sequence[Token], values: Sequence[str], index: int
) -> None:
    head = values[index + 1 : index + 4]
    if "function" not in head and "procedure" not in head:
        return
    language, body = "", -1
    for ahead in range(index + 1, len(tokens)):
        if values[ahead] == ";":
            break
        following = tokens[ahead + 1] if ahead + 1 < len(tokens) else None
        if following is not None and values[ahead] == "language":
            language = following.value.strip("'").lower()
        if following is not None and values[ahead] == "as" and following.kind in TEXT_KINDS:
            body = ahead + 1
    kinds: dict[str, SnippetKind] = {"plpgsql": "routine", "sql": "query"}
    if body >= 0 and language not in ("c", "internal"):
        found[body] = Snippet(kinds.get(language, "foreign"), tokens[body])


def _add_execute(
    found: dict[int, Snippet], contexts: Contexts, values: Sequence[str], index: int
) -> bool:
    """Take the literals after EXECUTE; tells whether the SQL is more than one literal."""
    tokens = contexts.tokens
    if index < len(tokens) and values[index] in ("function", "procedure"):
        return False
    first, depth = index, 0
    while index < len(tokens):
        value = values[index]
        depth += (value == "(") - (value == ")")
        if value == ";" or (depth == 0 and value in ("using", "into", "loop")):
            break
        if tokens[index].kind in TEXT_KINDS and index not in found and not contexts.is_data(index):
            found[index] = Snippet(_find_kind(values, index), tokens[index])
        index += 1
    return index - first != 1 or tokens[first].kind not in TEXT_KINDS


def _add_arguments(
    found: dict[int, Snippet], tokens: Sequence[Token], values: Sequence[str], index: int
) -> None:
    depth = 1
    while index < len(tokens) and depth:
        depth += (values[index] == "(") - (values[index] == ")")
        if tokens[index].kind in TEXT_KINDS:
            found[index] = Snippet(_find_kind(values, index), tokens[index])
        index += 1


def _add_prepared(found: dict[int, Snippet], contexts: Contexts, values: Sequence[str]) -> None:
    """What is put into variables that are executed, and what looks like SQL, but not in RAISE."""
    tokens = contexts.tokens
    for index in Flow(tokens, contexts, code=True).find_assigned():
        if index not in found and "." in tokens[index].value and not contexts.is_data(index):
            found[index] = Snippet(_find_kind(values, index), tokens[index])
    raising = False
    for index, token in enumerate(tokens):
        if values[index] in (";", "begin", "then", "else", "loop"):
            raising = False
        elif values[index] == "raise":
            raising = True
        elif not raising and index not in found and _looks_like_sql(token):
            found[index] = Snippet(_find_kind(values, index), token)
