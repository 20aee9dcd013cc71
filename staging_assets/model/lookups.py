"""What the lookup YAML gives the tables."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias


class Number(NamedTuple):
    """A number of the lookup YAML whose spelling is YAML's own, such as `1_000` or `0x1F`.

    Args:
        written: as the file says it, which a text column gets.
        plain: in digits, which a column of numbers gets.
    """

    written: str
    plain: str


Cell: TypeAlias = "str | Number | list[Cell] | None"
"""A value of the lookup YAML: what is written, and Postgres reads it; a list is an array."""


@dataclass(frozen=True)
class Lookup:
    """The rows that the lookup YAML gives one table.

    Args:
        columns: the names of the columns.
        rows: for each row a value a column.
        label: the file, as it is shown to people.
        line: where the table stands in it.
        places: for each row `file:line`.
        path: the file, absolute.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    label: str
    line: int
    places: tuple[str, ...] = field(default=(), compare=False)
    path: Path | None = field(default=None, compare=False)

    @property
    def sha256(self) -> str:
        """Hex digest of columns and rows."""
        return hashlib.sha256(repr((self.columns, self.rows)).encode()).hexdigest()
