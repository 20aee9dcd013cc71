"""Where the columns of a table come from: read with sqlglot, when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from staging_assets.model import ColumnSource, Relation, SchemaNames
from staging_assets.parser import LexicalError, read_statements

_MAX_LENGTH = 100_000  # characters; beyond this a statement is generated text


class Lineage(Mapping[str, frozenset[ColumnSource]]):
    """Column to the columns its values come from, found on first use: that takes milliseconds.

    Args:
        table: whose columns.
        text: its POPULATE script.
        schemas: what that calls the schemas.
        columns: the columns of the staging tables, as far as they are known.
    """

    def __init__(
        self,
        table: str,
        text: str,
        schemas: SchemaNames,
        columns: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._table, self._text, self._columns = schemas.own(table), text, columns
        self._schemas = schemas
        self._found: dict[str, frozenset[ColumnSource]] | None = None

    def _read(self) -> dict[str, frozenset[ColumnSource]]:
        if self._found is None:
            self._found = find_lineage(self._table, self._text, self._schemas, self._columns)
        return self._found

    def __getitem__(self, column: str) -> frozenset[ColumnSource]:
        return self._read()[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def find_lineage(
    own: Relation,
    text: str,
    schemas: SchemaNames,
    columns: Mapping[str, tuple[str, ...]],
) -> dict[str, frozenset[ColumnSource]]:
    """Column to the columns its values come from, as far as a script's INSERTs and UPDATEs say.

    Args:
        own: the table, as its scripts call it.
        text: the script that fills it.
        schemas: what that calls the schemas.
        columns: the columns of the staging tables, as far as they are known.

    What sqlglot does not understand is left out, without a word: this is for the reader.
    """
    from staging_assets.project.lineage.column_sources import find_column_sources  # noqa: PLC0415 - slow

    found: dict[str, set[ColumnSource]] = {}
    try:
        statements = read_statements(text, schemas)
    except LexicalError:
        return {}
    for statement in statements:
        fills = any(u.relation == own and u.role in ("write", "change") for u in statement.uses)
        start, end = statement.tokens[0].start, statement.tokens[-1].end
        if not fills or end - start > _MAX_LENGTH:
            continue
        for column, sources in find_column_sources(text[start:end], own, columns).items():
            found.setdefault(column, set()).update(sources)
    return {column: frozenset(found[column]) for column in sorted(found) if found[column]}
