"""The statements of a script, and which relations and functions they name.

A script is cut as psql cuts it. Names are found by their place among the tokens and not with a
full grammar, which would not be Postgres' own: SQL that only the server understands still says
what it reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from staging_assets.model import STAGING, Relation
from staging_assets.parser.lexer.tokens import Comment, Token, tokenize
from staging_assets.parser.names.scope import Name, Role
from staging_assets.parser.names.tree import Fragment, PieceKind, read_piece


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon; `offset` is where it begins in the script."""

    text: str
    offset: int


@dataclass(frozen=True)
class References:
    """What a piece of SQL names; names without a schema have an empty one.

    Args:
        reads: relations that it reads or mentions.
        writes: that it inserts into, updates, deletes from, truncates or copies into.
        creates, drops: that it makes and drops; `drops` holds what is altered as well.
        calls, defines: functions and procedures.
        foreign_keys: tables after REFERENCES.
        opaque: whether some of its SQL is only made while it runs.
    """

    reads: frozenset[Relation]
    writes: frozenset[Relation]
    creates: frozenset[Relation]
    drops: frozenset[Relation]
    calls: frozenset[Relation]
    defines: frozenset[Relation]
    foreign_keys: frozenset[Relation]
    opaque: bool


class Use(NamedTuple):
    """One place where a script names something.

    Args:
        role: what for; `spelled` is a string literal that names a relation.
        relation: what is named.
        offset: where, 0-based characters into the script.
        kind: of object, as CREATE, ALTER and DROP say it.
        within: the kind of piece that it stands in.
        lasting: whether it stands in the body of a function, which runs later.
    """

    role: Role | str
    relation: Relation
    offset: int
    kind: str
    within: PieceKind
    lasting: bool


class ReadStatement:
    """A statement with its tokens; what it names is found when it is first asked for."""

    def __init__(self, tokens: Sequence[Token], search_path: tuple[str, ...]) -> None:
        self.tokens = tokens
        self._search_path = search_path

    @cached_property
    def piece(self) -> Fragment:
        """The statement as a tree of code."""
        return read_piece(self.tokens)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """All that it names, in no particular order."""
        return tuple(_find_uses(self.piece, self._search_path))

    @property
    def search_path(self) -> tuple[str, ...]:
        """The schemas in which names without one are looked up after this statement."""
        found = self.piece.names.search_path
        return self._search_path if found is None else found

    def starts_with(self, *words: str) -> bool:
        """Whether its first tokens are these words."""
        return len(self.tokens) >= len(words) and all(
            token.kind == "word" and token.value == word
            for token, word in zip(self.tokens, words, strict=False)
        )


def find_statements(text: str) -> list[Statement]:
    """Cut a script at its semicolons as psql does; empty statements are left out.

    Semicolons in strings, comments, parentheses and the body of a function in standard SQL
    (`BEGIN ATOMIC ... END`) do not count. Raises LexicalError when something is not closed.
    """
    return [
        Statement(text[group[0].start : group[-1].end], group[0].start)
        for group in _cut(tokenize(text))
    ]


def find_references(text: str) -> References:
    """What the statements in `text` name. Raises LexicalError when something is not closed."""
    statements = read_statements(text)
    return summarize(
        [use for statement in statements for use in statement.uses],
        opaque=any(is_opaque(statement) for statement in statements),
    )


def read_statements(text: str, comments: list[Comment] | None = None) -> list[ReadStatement]:
    """The statements of a script for analysis. Raises LexicalError as `find_statements` does."""
    statements: list[ReadStatement] = []
    search_path: tuple[str, ...] = ()
    for group in _cut(tokenize(text, comments)):
        statement = ReadStatement(group, search_path)
        if any(token.value.strip("'") == "search_path" for token in group[:6]):
            search_path = statement.search_path
        statements.append(statement)
    return statements


def summarize(uses: Sequence[Use], *, opaque: bool = False) -> References:
    """The sets of relations behind a sequence of uses."""

    def of(*roles: str) -> frozenset[Relation]:
        return frozenset(use.relation for use in uses if use.role in roles)

    return References(
        reads=of("read", "mention", "parent", "spelled"),
        writes=of("write", "change", "truncate"),
        creates=of("create"),
        drops=of("drop", "alter"),
        calls=of("call"),
        defines=of("define"),
        foreign_keys=of("reference"),
        opaque=opaque,
    )


def is_opaque(statement: ReadStatement) -> bool:
    """Whether some of the statement's SQL is only made while it runs."""
    return statement.starts_with("call") or any(
        piece.dynamic for piece, *_ in statement.piece.walk()
    )


def _cut(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    first = depth = atomic = 0
    routine = False
    for index, token in enumerate(tokens):
        value = token.value
        if token.kind == "word":
            if index == first:
                routine = value == "create" and _is_routine(tokens, index + 1)
            if routine and depth == 0:
                if value == "begin" or (value == "case" and atomic):
                    atomic += 1
                elif value == "end" and atomic:
                    atomic -= 1
        elif token.kind == "punctuation":
            if value == "(":
                depth += 1
            elif value == ")":
                depth = max(0, depth - 1)
            elif value == ";" and depth == 0 and atomic == 0:
                if index > first:
                    yield tokens[first:index]
                first, routine = index + 1, False
    if first < len(tokens):
        yield tokens[first:]


def _is_routine(tokens: Sequence[Token], index: int) -> bool:
    words = [token.value for token in tokens[index : index + 3]]
    if words[:2] == ["or", "replace"]:
        words = words[2:]
    return words[:1] in (["function"], ["procedure"])


def _find_uses(piece: Fragment, search_path: tuple[str, ...]) -> Iterator[Use]:
    for part, outside, lasting in piece.walk():
        for name in part.names.found:
            relation = _resolve(name, search_path)
            offset = outside((name.schema or name.name).start)
            yield Use(name.role, relation, offset, name.kind, part.kind, lasting)
        for _, literal, spelled in part.spelled:
            if spelled.name:
                relation = Relation(spelled.schema, spelled.name)
                offset = outside(literal.outside(spelled.start))
                yield Use("spelled", relation, offset, "", part.kind, lasting)


def _resolve(name: Name, search_path: tuple[str, ...]) -> Relation:
    if name.schema is not None:
        return Relation(name.schema.value, name.name.value)
    in_staging = STAGING in search_path and name.role not in ("call", "schema", "temporary")
    return Relation(STAGING if in_staging else "", name.name.value)
