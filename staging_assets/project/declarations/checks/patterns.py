"""Spread declared checks over the tables and columns that their patterns mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal

from staging_assets.model import Table
from staging_assets.project.declarations.checks.kinds import DeclarableKind
from staging_assets.project.declarations.checks.written import WrittenNode

_MORE_COLUMNS = re.compile(r"\b(like|inherits|select|of|execute|add)\b", re.IGNORECASE)
_NO_CODE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


def is_pattern(name: str) -> bool:
    """Whether a name stands for several: it has `*`, `?` or `[` in it."""
    return any(sign in name for sign in "*?[")


def find_matching_tables(pattern: str, tables: Mapping[str, Table]) -> list[str]:
    """The tables that a pattern means."""
    return [name for name in tables if fnmatchcase(name, pattern)]


def spread(
    kind: DeclarableKind,
    arguments: Mapping[str, Any],
    table: Table,
    tables: Mapping[str, Table],
    written: WrittenNode,
    *,
    missing: Literal["mistake", "skip", "keep"],
) -> list[dict[str, Any]]:
    """The arguments of each check that a line means for one table.

    Args:
        kind: of the check.
        arguments: as read, column patterns in them.
        table: the one to check.
        tables: all of them.
        written: the arguments, for mistakes.
        missing: what a column is that the CREATE script lacks: a mistake; a reason to leave out
            the table; or to be kept, since a cleanup may have added it.

    Raises Mistake for a table or column that is not there.
    """
    other = kind.other_column(arguments)
    if other is not None:
        _check_other(other, tables, written)
    names = arguments.get("columns", [arguments["column"]] if "column" in arguments else [])
    if not names:
        return [dict(arguments)]
    found: list[str] = []
    for name in names:
        if is_pattern(name):
            found += [c.name for c in table.columns if fnmatchcase(c.name, name)]
        elif kind.may_lack_columns or may_have_column(table, name) or missing == "keep":
            found.append(name)
        elif missing == "mistake":
            todo = "Check its name against the CREATE script"
            raise written.mistake(f"{table.name} has no column {name!r}", todo)
        else:
            return []
    if not found and missing == "mistake":
        todo = "Check the pattern against the CREATE script"
        raise written.mistake(f"no column of {table.name} is called like {names[0]!r}", todo)
    if "columns" in arguments:
        return [{**arguments, "columns": list(dict.fromkeys(found))}] if found else []
    return [
        {**arguments, "column": name}
        for name in dict.fromkeys(found)
        if other != (table.name, name)
    ]


def _check_other(other: tuple[str, str], tables: Mapping[str, Table], written: WrittenNode) -> None:
    to, column = other
    if to not in tables:
        raise written.mistake(f"there is no table {to!r}", "Give the name of a staging table")
    if not may_have_column(tables[to], column):
        todo = "Check its name against the CREATE script"
        raise written.mistake(f"{to} has no column {column!r}", todo)


def may_have_column(table: Table, name: str) -> bool:
    """Whether a table may have a column, as far as its CREATE script can be read.

    Columns that come from elsewhere (LIKE, INHERITS, AS SELECT ...) are not known, so with these
    words in the script every name may be one.
    """
    if any(column.name == name for column in table.columns):
        return True
    if not table.columns:
        return True
    return _MORE_COLUMNS.search(_NO_CODE.sub(" ", table.create.text)) is not None
