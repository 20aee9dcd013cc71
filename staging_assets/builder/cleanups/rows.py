"""Rows and results as pg_tools gave them (by SQLAlchemy 1.4): by number and by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


class NamedRow(tuple[Any, ...]):
    """A row: a tuple that also answers to the names of its columns.

    `row[0]`, `row["id"]`, `row.id`, `dict(row)`, `row.keys()`, `row.values()` and `row.items()`
    work, and so does what SQLAlchemy 2 offers, `row._mapping` and `row._asdict()`. Of two columns
    of one name the first is meant.
    """

    _names: tuple[str, ...]

    def __new__(cls, values: Sequence[Any], names: Sequence[str]) -> NamedRow:
        """Make a row of values and the names of their columns."""
        row = super().__new__(cls, values)
        row._names = tuple(names)
        return row

    def __getnewargs__(self) -> tuple[Any, ...]:
        """What makes it again, for copies."""
        return tuple(self), self._names

    def __getitem__(self, key: Any) -> Any:
        """A value by its number, the name of its column, or a column of SQLAlchemy."""
        if isinstance(key, (int, slice)):
            return super().__getitem__(key)
        name = key if isinstance(key, str) else getattr(key, "name", key)
        if name not in self._names:
            raise KeyError(f"the row has no column {name!r}")
        return super().__getitem__(self._names.index(name))

    def __getattr__(self, name: str) -> Any:
        """A value by the name of its column."""
        if name.startswith("__") or name not in self._names:
            raise AttributeError(f"the row has no column {name!r}")
        return self[name]

    def keys(self) -> list[str]:
        """The names of the columns."""
        return list(self._names)

    def values(self) -> list[Any]:
        """The values."""
        return list(self)

    def items(self) -> list[tuple[str, Any]]:
        """Names and values."""
        return list(zip(self._names, self, strict=True))

    def has_key(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._names

    @property
    def _mapping(self) -> Mapping[str, Any]:
        return dict(reversed(self.items()))

    def _asdict(self) -> dict[str, Any]:
        return dict(self._mapping)


class Rows:
    """What `engine.execute` gives: all rows, read and committed.

    Args:
        rows: of the statement, or None when it gives none.
        names: of their columns.
        rowcount: how many rows it touched.
    """

    def __init__(self, rows: list[NamedRow] | None, names: Sequence[str], rowcount: int) -> None:
        self.returns_rows = rows is not None
        self.rowcount = rowcount
        self._rows = rows or []
        self._names = list(names)
        self._next = 0

    def __iter__(self) -> Iterator[NamedRow]:
        """The rows that were not read yet."""
        while (row := self.fetchone()) is not None:
            yield row

    def keys(self) -> list[str]:
        """The names of the columns."""
        return list(self._names)

    def fetchone(self) -> NamedRow | None:
        """The next row; None at the end."""
        if self._next >= len(self._rows):
            return None
        self._next += 1
        return self._rows[self._next - 1]

    def fetchmany(self, size: int = 1) -> list[NamedRow]:
        """The next rows."""
        first, self._next = self._next, min(self._next + size, len(self._rows))
        return self._rows[first : self._next]

    def fetchall(self) -> list[NamedRow]:
        """All rows that were not read yet."""
        return self.fetchmany(len(self._rows))

    all = fetchall

    def first(self) -> NamedRow | None:
        """The first row; None when there is none."""
        found = self.fetchone()
        self.close()
        return found

    def scalar(self) -> Any:
        """The first value of the first row; None when there is none."""
        found = self.first()
        return None if found is None else found[0]

    def close(self) -> None:
        """Leave the other rows unread."""
        self._next = len(self._rows)
