"""Statements that no script may hold, because each script runs in a transaction on the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from staging_assets.errors import Problem
from staging_assets.parser import NAME_KINDS, ReadStatement, Token, quote_name
from staging_assets.project.scripts.script import Source

_IN_TRANSACTION = "each script runs in a transaction of its own"
_REMOVE = f"Remove it: {_IN_TRANSACTION}"
_OUTSIDE = ("vacuum", "create database", "drop database", "create tablespace", "drop tablespace")
_ELSEWHERE = ("index", "statistics")
"""Objects that go where their table is."""
_STARTS = frozenset((";", "begin", "then", "else", "loop"))
_ANYONES = frozenset(("$user", "public", "pg_catalog", "pg_temp", ""))
_SELDOM = [
    kind.split()
    for kind in (
        "collation",
        "conversion",
        "default conversion",
        "operator class",
        "operator family",
        "operator",
        "text search configuration",
        "text search dictionary",
        "text search parser",
        "text search template",
    )
]
"""Kinds of objects that are in a schema and that no other statement of a script depends on."""


def find_faults(source: Source) -> Iterator[Problem]:
    """What the server or the transaction around a script would not take, with its place."""
    for statement in source.statements:
        for token in statement.tokens:
            if token.kind == "backslash":  # which reading as psql has not taken
                what = f"{token.value} is a command of psql and no SQL"
                yield source.note(token.start, what, "Write the SQL that it stands for")
                break
        else:
            found = _find_fault(statement) or _find_client_copy(source, statement)
            if found is not None:
                yield source.note(*found)
    for statement in source.statements:
        if statement.starts_with("do"):
            yield from _find_inner_ends(source, statement)
    yield from _find_homeless(source)


def _find_homeless(source: Source) -> Iterator[Problem]:
    """What is created without its schema, where no path says which: it would land in public."""
    for statement in source.statements:
        token = _find_seldom_made(statement)
        if token is not None:
            spelled = quote_name(token.value) if token.kind in NAME_KINDS else token.value
            yield _tell_homeless(source, spelled, token.start)
    made = [
        use
        for use in source.uses
        if use.role in ("create", "define")
        and use.bare
        and not use.lasting
        and use.kind not in _ELSEWHERE
        and not use.relation.schema
    ]
    if not made:
        return
    dropped = {use.relation.name: use.offset for use in source.uses if use.role == "drop"}
    for use in made:
        name = use.relation.name
        if use.role == "define" or dropped.get(name, -1) < use.offset:  # no scratch table
            yield _tell_homeless(source, quote_name(name), use.offset)


def _tell_homeless(source: Source, name: str, offset: int) -> Problem:
    staging = source.schemas.staging
    what = f"{name} is created without its schema, so that it would be in public"
    todo = (
        f"Write {quote_name(staging)}.{name}, or declare `search_path: [{staging}]` in "
        "staging.yaml, if that is how names without a schema are meant"
    )
    return source.note(offset, what, todo)


def _find_seldom_made(statement: ReadStatement) -> Token | None:
    """The name of an operator, a collation and the like that is made without its schema."""
    tokens = statement.tokens
    if not statement.starts_with("create") or not _ANYONES.issuperset(statement.path):
        return None
    words = [token.value for token in tokens[1:9]]
    for kind in _SELDOM:
        if words[: len(kind)] == kind:
            at = len(kind) + 1
            if words[len(kind) : len(kind) + 3] == ["if", "not", "exists"]:
                at += 3
            named = tokens[at : at + 2]
            return named[0] if named and (len(named) < 2 or named[1].value != ".") else None
    return None


def _find_fault(statement: ReadStatement) -> tuple[int, str, str] | None:
    words = [token.value for token in statement.tokens[:4] if token.kind == "word"]
    start = statement.tokens[0].start
    first = words[0] if words else ""
    if first in ("commit", "abort", "end") or words[:2] == ["prepare", "transaction"]:
        return start, f"{first.upper()} ends the transaction", _REMOVE
    if first == "begin" or words[:2] == ["start", "transaction"]:
        todo = "End each BEGIN with COMMIT, or remove both: " + _IN_TRANSACTION
        return start, f"{first.upper()} begins a transaction in the script's own", todo
    if first == "rollback" and not any(t.value == "to" for t in statement.tokens[1:4]):
        return start, "ROLLBACK ends the transaction", _REMOVE
    outside = next((each for each in _OUTSIDE if " ".join(words).startswith(each)), None)
    if outside:
        what = f"{outside.upper()} cannot run in a transaction"
        return start, what, "Remove it; tables are analyzed after they are filled"
    if first in ("create", "drop", "reindex"):
        for token in statement.tokens[1:6]:
            if token.kind == "word" and token.value == "concurrently":
                what = "CONCURRENTLY cannot run in a transaction"
                return token.start, what, "Remove the word: nobody reads the table yet"
    return None


def _find_client_copy(source: Source, statement: ReadStatement) -> tuple[int, str, str] | None:
    if not statement.starts_with("copy") or not _is_client_copy(statement.tokens):
        return None
    start = statement.tokens[0].start
    if source.script.find_data(start) is not None:
        return None
    return start, "COPY TO STDOUT gives its rows to psql", "Remove it: a build only makes tables"


def _is_client_copy(tokens: Sequence[Token]) -> bool:
    return any(
        (first.value, second.value) in (("from", "stdin"), ("to", "stdout"))
        for first, second in pairwise(tokens)
        if first.kind == second.kind == "word"
    )


def _find_inner_ends(source: Source, statement: ReadStatement) -> Iterator[Problem]:
    for piece, outside, _ in statement.piece.walk():
        if piece.kind != "block":
            continue
        for before, token in pairwise(piece.tokens):
            ends = token.kind == "word" and token.value in ("commit", "rollback")
            if ends and before.value in _STARTS:
                what = f"{token.value.upper()} ends the transaction"
                yield source.note(outside(token.start), what, _REMOVE)
