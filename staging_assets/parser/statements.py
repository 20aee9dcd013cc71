"""The statements of a script, and which relations and functions they name.

A script is cut as psql cuts it. Names are found by their place among the tokens and not with a
full grammar, which would not be Postgres' own: SQL that only the server understands still says
what it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser.lexer.tokens import Comment, Token, tokenize
from staging_assets.parser.nested.tree import Fragment, read_piece
from staging_assets.parser.uses import Use, find_uses, resolve

_CHANGES_PATH = ("search_path", "reset", "discard", "schema")
"""Words without one of which no script changes the path."""


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


class ReadStatement:
    """A statement with its tokens; what it names is found when it is first asked for."""

    def __init__(
        self, tokens: Sequence[Token], schemas: SchemaNames, search_path: tuple[str, ...]
    ) -> None:
        self.tokens, self.schemas = tokens, schemas
        self._search_path = search_path
        self._body_path: tuple[tuple[str, ...] | None] | None = None

    @cached_property
    def piece(self) -> Fragment:
        """The statement as a tree of code."""
        return read_piece(self.tokens, self.schemas)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """All that it names, in no particular order."""
        return tuple(find_uses(self.piece, self._search_path, self.body_path))

    @property
    def path(self) -> tuple[str, ...]:
        """The schemas in which its own names without one are looked up."""
        return self._search_path

    @property
    def search_path(self) -> tuple[str, ...]:
        """The schemas in which names without one are looked up after this statement."""
        found = self.piece.names.search_path
        for inner in self.piece.inner:
            if inner.kind == "block" and inner.names.search_path is not None:
                found = inner.names.search_path
        return self._search_path if found is None else found

    @property
    def body_path(self) -> tuple[str, ...] | None:
        """The `search_path` that the routine it creates has of its own; None when it has none."""
        return self.piece.names.body_path if self._body_path is None else self._body_path[0]

    def change_body_path(self, path: tuple[str, ...] | None) -> None:
        """Note what ALTER FUNCTION does to the routine that it creates."""
        self._body_path = (path,)
        self.__dict__.pop("uses", None)

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


def find_references(text: str, schemas: SchemaNames) -> References:
    """What the statements in `text` name.

    Args:
        text: SQL.
        schemas: what scripts call the schemas.

    Raises LexicalError when something is not closed.
    """
    statements = read_statements(text, schemas)
    return summarize(
        [use for statement in statements for use in statement.uses],
        opaque=any(is_opaque(statement) for statement in statements),
    )


def read_statements(
    text: str, schemas: SchemaNames, comments: list[Comment] | None = None
) -> list[ReadStatement]:
    """The statements of a script for analysis.

    Args:
        text: the script.
        schemas: what scripts call the schemas.
        comments: gets the comments.

    Raises LexicalError as `find_statements` does.
    """
    statements: list[ReadStatement] = []
    search_path = schemas.path
    lowered = text.lower()
    changes_path = any(word in lowered for word in _CHANGES_PATH)
    for group in _cut(tokenize(text, comments)):
        statement = ReadStatement(group, schemas, search_path)
        if changes_path:
            search_path = statement.search_path
        statements.append(statement)
    if changes_path:
        for number, statement in enumerate(statements):
            for routine, path in _find_altered([statement]):
                for made in _find_created(statements[:number]).get(routine, ()):
                    made.change_body_path(path)
    return statements


def share_body_paths(scripts: Sequence[Sequence[ReadStatement]]) -> None:
    """Let ALTER FUNCTION ... SET search_path hold for the routines of other scripts.

    Args:
        scripts: the statements of each. What alters a routine runs after what creates it.
    """
    created = [_find_created(statements) for statements in scripts]
    for number, statements in enumerate(scripts):
        for names, path in _find_altered(statements):
            for other, routines in enumerate(created):
                if other != number:
                    for routine in routines.get(names, ()):
                        routine.change_body_path(path)


def _find_created(statements: Iterable[ReadStatement]) -> dict[Relation, list[ReadStatement]]:
    """The statements that create routines."""
    created: dict[Relation, list[ReadStatement]] = {}
    for statement in statements:
        for name in statement.piece.names.found if statement.starts_with("create") else ():
            if name.role == "define":
                made = created.setdefault(
                    resolve(name, statement.search_path, statement.schemas.staging), []
                )
                made.append(statement)
    return created


def _find_altered(
    statements: Iterable[ReadStatement],
) -> Iterator[tuple[Relation, tuple[str, ...] | None]]:
    """The routines whose path is altered, and what it is then."""
    for statement in statements:
        names = statement.piece.names if statement.starts_with("alter") else None
        if names is not None and (names.body_path is not None or names.resets_body):
            for name in names.found:
                if name.role == "alter":
                    made = resolve(name, statement.search_path, statement.schemas.staging)
                    yield made, names.body_path


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
