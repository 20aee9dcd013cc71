"""The differences between a live table and what its script makes, one line each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from staging_assets.checks.schema.structure import ColumnStructure, Structure


@dataclass(frozen=True)
class Deviation:
    """One difference.

    Args:
        table: where.
        column: the column that it is about, or None.
        what: the live state against the script's, for people.
        missing: whether the column itself is gone.
        text: the definition, where it is about a key, an index or a trigger.
    """

    table: str
    column: str | None
    what: str
    missing: bool = False
    text: str = ""

    def __str__(self) -> str:
        where = self.table if self.column is None else f"{self.table}.{self.column}"
        return f"{where}: {self.what}"


def find_deviations(table: str, live: Structure, said: Structure) -> list[Deviation]:
    """Compare one table.

    Args:
        table: its name.
        live: as it is.
        said: as its CREATE script makes it.
    """
    if live.kind != said.kind:
        return [Deviation(table, None, f"it is a {live.kind}, the script says {said.kind}")]
    found = []
    if live.unlogged != said.unlogged:
        words = {True: "unlogged", False: "logged"}
        found.append(
            Deviation(
                table, None, f"it is {words[live.unlogged]}, the script says {words[said.unlogged]}"
            )
        )
    for name, column in said.columns.items():
        if name not in live.columns:
            found.append(Deviation(table, name, "the column is missing", missing=True))
        else:
            found += _compare_columns(table, name, live.columns[name], column)
    found += [
        Deviation(table, name, "the column is not in the script")
        for name in live.columns
        if name not in said.columns
    ]
    for (what, text), _ in sorted((said.rules - live.rules).items()):
        found.append(Deviation(table, None, f"{what} is missing: {text}", text=text))
    for (what, text), _ in sorted((live.rules - said.rules).items()):
        found.append(Deviation(table, None, f"{what} is not in the script: {text}", text=text))
    return found


def _compare_columns(
    table: str, name: str, live: ColumnStructure, said: ColumnStructure
) -> Iterator[Deviation]:
    if live.type != said.type:
        yield Deviation(table, name, f"type is {live.type}, the script says {said.type}")
    if live.not_null != said.not_null:
        words = {True: "NOT NULL", False: "that NULL is allowed"}
        state = "is NOT NULL" if live.not_null else "NULL is allowed"
        yield Deviation(table, name, f"{state}, the script says {words[said.not_null]}")
    if live.default != said.default or live.generated != said.generated:
        yield Deviation(
            table, name, f"default is {_say(live.default)}, the script says {_say(said.default)}"
        )
    if live.identity != said.identity:
        words_of = {"": "no identity", "a": "identity always", "d": "identity by default"}
        yield Deviation(
            table, name, f"{words_of[live.identity]}, the script says {words_of[said.identity]}"
        )
    if live.collation != said.collation:
        yield Deviation(
            table,
            name,
            f"collation is {_say(live.collation)}, the script says {_say(said.collation)}",
        )


def _say(value: str | None) -> str:
    return "none" if value is None else value


def is_excepted(deviation: Deviation, excepted: Collection[str]) -> bool:
    """Whether a declared exception (`table`, `table.column`, patterns) covers a deviation."""
    names = [deviation.table]
    if deviation.column is not None:
        names.append(f"{deviation.table}.{deviation.column}")
    return any(fnmatchcase(name, pattern) for name in names for pattern in excepted)
