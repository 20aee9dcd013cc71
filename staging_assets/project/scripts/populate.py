"""How a POPULATE script fills its table: whether a shadow can take its place, keys or no keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from staging_assets.parser import ReadStatement, is_opaque
from staging_assets.project.scripts.create import Creation
from staging_assets.project.scripts.routines import Reach
from staging_assets.project.scripts.script import Source

_CHANGES = ("write", "change", "truncate", "alter", "drop")
_VERBS = {
    "write": "writes",
    "change": "changes",
    "truncate": "empties",
    "alter": "alters",
    "drop": "drops",
    "create": "creates",
}


def find_in_place(
    source: Source, table: str, own: frozenset[str], owners: Mapping[str, str], reach: Reach
) -> str | None:
    """Why a POPULATE script cannot fill a shadow of its table; None when it can.

    Args:
        source: the script.
        table: the table that it is for.
        own: names that the table's CREATE script makes.
        owners: name of any relation in `staging` to the table whose script makes it.
        reach: the routines that the script calls.
    """
    for routine, use in reach.uses:
        if not source.is_own(use) or use.kind == "data":
            continue
        place = f"{routine.name} ({routine.source.place(use.offset)})"
        if use.relation.name in own:
            return f"{place} names {use.relation}"
        if use.relation.name in owners and use.role in _CHANGES:
            return f"{place} {_VERBS[use.role]} {use.relation} too"
    dropped = {use.relation for use in source.uses if use.role == "drop"}
    writes_it = False
    for use in source.uses:
        if not source.is_own(use):
            if use.relation.schema == "" and use.role in ("write", "change"):
                writes_it = writes_it or use.relation.name == table
            continue
        mine = use.relation.name in own
        if mine and use.lasting:
            return f"{source.place(use.offset)}: a function that the script makes names the table"
        writes_it = writes_it or (mine and use.role in ("write", "change", "create"))
        scratch = use.relation.name not in owners and use.relation in dropped
        if not mine and not scratch and use.role in (*_CHANGES, "create"):
            if use.role == "create" and use.kind not in ("table", "view", "sequence"):
                continue
            return f"{source.place(use.offset)}: {_VERBS[use.role]} {use.relation} too"
    return _find_hidden(source, table, reach, writes_it)


def find_in_place_by_triggers(creation: Creation, reach: Reach) -> str | None:
    """Why rows cannot come into a shadow of a table: what its triggers and defaults call.

    Args:
        creation: the table.
        reach: the routines that its CREATE script calls.
    """
    source = creation.source
    own = {source.schemas.own(name) for name in creation.own}
    uses = source.uses
    called = {use.relation for use in uses if use.role == "call" and not use.lasting}
    calls_its_own = any(use.role == "define" and use.relation in called for use in uses)
    for use in uses if calls_its_own else ():
        if use.lasting and use.relation in own:
            return f"{source.place(use.offset)}: a function names {use.relation}"
    for routine, use in reach.uses:
        place = f"{routine.name} ({routine.source.place(use.offset)})"
        if use.relation in own and use.lasting:
            return f"{place} names {use.relation}"
        if use.role in _CHANGES and source.is_own(use) and use.lasting:
            return f"{place} {_VERBS[use.role]} {use.relation}"
    if reach.opaque is not None:
        return f"{reach.opaque.name}, which its CREATE script calls, makes SQL while it runs"
    return None


def _find_hidden(source: Source, table: str, reach: Reach, writes_it: bool) -> str | None:
    """Ways to fill the table that do not show in the script's own statements."""
    for statement in source.statements:
        start = statement.tokens[0].start
        if not is_opaque(statement):
            continue
        if not statement.starts_with("call"):
            return f"{source.place(start)}: makes SQL while it runs (EXECUTE)"
        if reach.opaque is not None:
            return f"{source.place(start)}: CALL, and {reach.opaque.name} makes SQL while it runs"
        if not writes_it:
            return f"{source.place(start)}: filled by CALL"
    if not writes_it and reach.opaque is not None:
        return f"filled by {reach.opaque.name}, which makes SQL while it runs"
    return None


def find_keeps_keys(source: Source, own: frozenset[str]) -> str | None:
    """Why the table's keys and indexes must stay while its POPULATE script runs, or None."""
    filled = False
    for statement in source.statements:
        roles = {
            use.role for use in statement.uses if source.is_own(use) and use.relation.name in own
        }
        reason = _find_need(statement, roles, filled) if roles else None
        if reason:
            return f"{source.place(statement.tokens[0].start)}: {reason}"
        filled = filled or bool(roles & {"write", "create"})
    return None


def _find_need(statement: ReadStatement, roles: set[str], filled: bool) -> str | None:
    words = [token.value for token in statement.tokens if token.kind == "word"]
    if "write" in roles and ("conflict" in words or "merge" in words):
        return "ON CONFLICT and MERGE need the table's keys"
    if roles & {"alter", "drop", "create"}:
        return "changes the table itself"
    if statement.starts_with("do") and "write" in roles:
        for piece, *_ in statement.piece.walk():
            inner = [token.value for token in piece.tokens if token.kind == "word"]
            if "conflict" in inner or "exception" in inner or "merge" in inner:
                return "the block may rest on the table's keys"
    reading = bool(roles & {"read", "mention"}) and not _sets_sequence(words)
    if reading and roles & {"write", "change"}:
        return "reads the table that it fills"
    if filled and (reading or "change" in roles):
        return "reads or changes the rows that were inserted before"
    return None


_OF_INDEXES = (
    ("drop", "index"),
    ("alter", "index"),
    ("reindex",),
    ("cluster",),
    ("index", "if", "not", "exists"),
    ("index", "concurrently", "if", "not", "exists"),
    ("using", "index"),
    ("replica", "identity"),
    ("comment", "on", "index"),
    ("comment", "on", "constraint"),
)
"""Words that look at an index by its name."""
_OF_COLUMNS = ("rename", "drop", "type")
"""Words of ALTER TABLE after which an index may be another."""


def find_in_place_by_keys(source: Source, creation: Creation) -> str | None:
    """Why a shadow without its foreign keys will not do, or None.

    Args:
        source: the POPULATE script.
        creation: its table. Keys to other tables come off a shadow before it is filled; a script
            that drops or renames one, or a column of it, would not find them.
    """
    tokens = (token for each in creation.source.statements for token in each.tokens)
    if all(token.value != "references" for token in tokens):
        return None
    for statement, words in _find_word_lists(source):
        changes = "drop" in words or "rename" in words
        handles = "constraint" in words and "add" not in words
        alters = _has_words(words, ("alter", "table")) and (changes or handles)
        if alters or _has_words(words, ("comment", "on", "constraint")):
            place = source.place(statement.tokens[0].start)
            return f"{place}: may change a foreign key of the table"
    return None


def find_keeps_indexes(source: Source) -> str | None:
    """Why the table's other indexes must stay as well, or None.

    A script that drops, renames or rebuilds an index of its table, or the column of one, finds it
    as psql would.
    """
    for statement, words in _find_word_lists(source):
        alters = _has_words(words, ("alter", "table"))
        if any(_has_words(words, wanted) for wanted in _OF_INDEXES) or (
            alters and any(word in words for word in _OF_COLUMNS)
        ):
            return f"{source.place(statement.tokens[0].start)}: works on indexes or columns"
    return None


def _find_word_lists(source: Source) -> Iterator[tuple[ReadStatement, list[str]]]:
    """Each statement with its words, and with those of each block and text of SQL in it."""
    for statement in source.statements:
        for tokens in (statement.tokens, *(piece.tokens for piece, *_ in statement.piece.walk())):
            yield statement, [token.value for token in tokens if token.kind == "word"]


def _has_words(words: list[str], wanted: tuple[str, ...]) -> bool:
    """Whether some words stand in a list one after the other."""
    return any(
        tuple(words[start : start + len(wanted)]) == wanted
        for start, word in enumerate(words)
        if word == wanted[0]
    )


def _sets_sequence(words: list[str]) -> bool:
    """`select setval(..., (select max(id) from staging.x))`: one pass over the table will do."""
    return words[:1] == ["select"] and "setval" in words
