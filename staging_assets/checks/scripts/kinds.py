"""What may be done with a statement on trial: run it in the scratch schema, plan it, or neither."""

from __future__ import annotations

import re
from typing import Literal

from staging_assets.model import SchemaNames
from staging_assets.parser import (
    TEXT_KINDS,
    LexicalError,
    ReadStatement,
    is_opaque,
    read_statements,
)

Way = Literal["run", "plan"]

_PLANNED = frozenset(("select", "insert", "update", "delete", "merge", "with", "values", "table"))
_MADE = frozenset(
    """aggregate collation constraint domain extension foreign function global index local
    materialized operator policy procedure recursive rule sequence statistics table temp temporary
    text trigger type unique unlogged view""".split()  # noqa: SIM905
)
_CHANGED = frozenset(
    """aggregate domain foreign function index materialized policy procedure routine rule sequence
    statistics table trigger type view""".split()  # noqa: SIM905
)
_READING = frozenset(("read", "call", "mention", "spelled", "reference", "schema", "parent"))
_OWN = frozenset(("", "pg_temp"))
_DATA = re.compile(r"\bwith\s+(no\s+)?data\s*\Z", re.IGNORECASE)


def find_way(statement: ReadStatement, scratch: str, *, makes: bool) -> Way | None:
    """What may be done with a statement; None where it can only be passed over.

    What says something of another schema is never run: it would lock what is there.

    Args:
        statement: as it is sent.
        scratch: the schema in which everything is made.
        makes: whether it is of a script that makes things, and fills nothing.
    """
    words = [token.value for token in statement.tokens[:4]]
    first = words[0]
    if first in _PLANNED or first == "(":
        # What sets the path has to be done, or no name after it is found.
        return "run" if statement.search_path != statement.path else "plan"
    rest = [word for word in words[1:] if word not in ("or", "replace")]
    if first == "do":
        return "run" if makes and _is_plain_block(statement, scratch) else None
    if first == "set":
        second = [word for word in words[1:] if word not in ("local", "session")][:1]
        return None if second[0] in ("role", "authorization", "transaction") else "run"
    if first == "create":
        allowed = rest[:1] and rest[0] in _MADE
    else:
        allowed = first in ("comment", "grant", "revoke") or (
            first in ("alter", "drop") and words[1] in _CHANGED
        )
    if not allowed or not _is_inside(statement, scratch):
        return None
    return "run"


def _is_plain_block(statement: ReadStatement, scratch: str) -> bool:
    """Whether a block names nothing but what is in the scratch schema and in the catalog."""
    own = (*_OWN, scratch, "pg_catalog", "information_schema")
    return not is_opaque(statement) and all(use.relation.schema in own for use in statement.uses)


def _is_inside(statement: ReadStatement, scratch: str) -> bool:
    """Whether all that a statement makes or changes is in the scratch schema."""
    return all(
        use.relation.schema in _OWN or use.relation.schema == scratch
        for use in statement.uses
        if use.role not in _READING and not use.lasting
    )


def find_empty_suffix(statement: ReadStatement, text: str) -> str:
    """What lets a statement make its table without rows; empty for one that takes none.

    Args:
        statement: of the kind `run`.
        text: of it.
    """
    words = [token.value for token in statement.tokens[:6]]
    if words[0] != "create" or not {"table", "materialized"} & set(words):
        return ""
    depth = 0
    for token, after in zip(statement.tokens, statement.tokens[1:], strict=False):
        depth += (token.value == "(") - (token.value == ")")
        if not depth and token.kind == "word" and token.value == "as":
            filled = after.value in _PLANNED or after.value in ("(", "execute")
            return "" if not filled or _DATA.search(text) else " with no data"
    return ""


def find_made(statement: ReadStatement) -> set[str]:
    """The names of what a statement makes; of a block or a call, all that may be such names."""
    if statement.starts_with("do") or statement.starts_with("call"):
        texts = [token.value for token in statement.tokens if token.kind in TEXT_KINDS]
        return {word for text in texts for word in re.findall(r"[\w$]+", text)}
    roles = ("create", "define")
    return {use.relation.name for use in statement.uses if use.role in roles and not use.lasting}


def find_made_later(text: str) -> set[str]:
    """The names of what the routines and blocks of a script make when they run.

    Args:
        text: the script; one that cannot be read has none.
    """
    try:
        statements = read_statements(text, SchemaNames())
    except LexicalError:
        return set()
    return {
        use.relation.name
        for statement in statements
        for use in statement.uses
        if use.role == "create" and use.within != "statement"
    }
