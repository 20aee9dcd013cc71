"""GRANT and REVOKE on several relations at once, cut into one for each table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from staging_assets.parser import ReadStatement
from staging_assets.project.scripts.script import Source
from staging_assets.project.scripts.subjects import find_made, find_owner

_OBJECTS = ("table", "sequence")


class NamedList(NamedTuple):
    """What GRANT and REVOKE name after ON, by offsets into the script.

    Args:
        start, end: of the whole list, with the word for the kind of object.
        elements: name, start and end of each element.
        is_all: whether it says ALL TABLES IN SCHEMA of the schema that is built.
    """

    start: int
    end: int
    elements: tuple[tuple[str, int, int], ...] = ()
    is_all: bool = False


def find_grantees(
    source: Source, statement: ReadStatement, here: Collection[str], owners: Mapping[str, str]
) -> set[str]:
    """The tables that a GRANT on several is about; none where it is no such thing.

    Args:
        source: the file.
        here: the tables that it makes; ALL TABLES are those above the statement.
        owners: name of anything that the files make to the table it belongs to.
    """
    granted = find_granted(statement)
    if granted is None:
        return set()
    if granted.is_all:
        at = statement.tokens[0].start
        above = {find_made(each) for each in source.statements if each.tokens[0].start < at}
        return {name for name in here if name in above} if here else set(owners.values())
    found = [find_owner(name, owners) for name, *_ in granted.elements]
    several = len(found) > 1 and None not in found
    return {name for name in found if name} if several else set()


def grant_spans(
    statement: ReadStatement, table: str, owners: Mapping[str, str]
) -> list[tuple[int, int, str]]:
    """What a GRANT on several says otherwise in the script of one table.

    Args:
        table: whose script it is.
        owners: as for `find_grantees`.

    Returns starts and ends in the file, and the texts that stand there instead; they may be empty.
    """
    granted = find_granted(statement)
    if granted is None or (len(granted.elements) < 2 and not granted.is_all):
        return []
    if granted.is_all:
        return [(granted.start, granted.end, f"TABLE {statement.schemas.own(table)}")]
    spans: list[tuple[int, int, str]] = []
    before = granted.start
    for name, start, end in granted.elements:
        if find_owner(name, owners) == table:
            spans.append((before, start, ", " if spans else ""))
            before = end
    return [*spans, (before, granted.end, "")]


def grants_on_all(statement: ReadStatement) -> bool:
    """Whether it is a GRANT or REVOKE on all tables of the schema that is built."""
    granted = find_granted(statement)
    return granted is not None and granted.is_all


def find_granted(statement: ReadStatement) -> NamedList | None:
    """The relations that a GRANT or REVOKE is about; None when it is about something else."""
    if not (statement.starts_with("grant") or statement.starts_with("revoke")):
        return None
    tokens = statement.tokens
    ends = "to" if statement.starts_with("grant") else "from"
    depth, first, last = 0, None, None
    for index, token in enumerate(tokens):
        if token.kind == "punctuation" and token.value in "()":
            depth += 1 if token.value == "(" else -1
        elif token.kind == "word" and not depth and token.value == "on" and first is None:
            first = index + 1
        elif token.kind == "word" and not depth and token.value == ends and first is not None:
            last = index
            break
    if first is None or last is None or first >= last:
        return None
    named = tokens[first:last]
    start, end = named[0].start, named[-1].end
    if [token.value for token in named[:4]] == ["all", "tables", "in", "schema"]:
        own = named[-1].value == statement.schemas.staging and len(named) == 5
        return NamedList(start, end, is_all=True) if own else None
    if named[0].kind == "word" and named[0].value in _OBJECTS and len(named) > 1:
        named = named[1:]
    elements, begun = [], 0
    for index in range(len(named) + 1):
        if index == len(named) or named[index].value == ",":
            part = named[begun:index]
            if not 0 < len(part) <= 3:
                return None
            elements.append((part[-1].value, part[0].start, part[-1].end))
            begun = index + 1
    return NamedList(named[0].start, end, tuple(elements))
