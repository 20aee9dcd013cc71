"""The part of `PostgresWrangler` that looks at columns, casts and drops them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import psycopg2
from psycopg2 import sql

from staging_assets.builder.cleanups.queries import Queries, name_of
from staging_assets.errors import BuildError

_log = logging.getLogger("staging_assets")

# A date is all digits, of so many: YYYYMMDD, and as much of HHMMSS as there is.
_SHAPES = """
select
    bool_and(value ~ '^[0-9]{{8}}([0-9]{{2}}){{0,3}}$'),
    bool_and(value ~ '^[0-9]{{1,6}}$'),
    count(value) > 0
from (select {value} from {table}) t (value)
"""
# These stand in statements that run with the path of scripts.
_TEXT = (
    "nullif(pg_catalog.regexp_replace(pg_catalog.btrim({column}::text), '\\.0*$', ''::text),"
    " ''::text)"
)
_STAMP = """
pg_catalog.regexp_replace(
    pg_catalog.rpad({value}, 14, '0'::text),
    '^(.{{8}})(..)(..)(..)$', '\\1 \\2:\\3:\\4'::text
)::timestamp
"""
_TIME = """
pg_catalog.regexp_replace(
    pg_catalog.lpad({value}, 6, '0'::text), '^(..)(..)(..)$', '\\1:\\2:\\3'::text
)::time
"""


class ColumnWork(Queries):
    """Columns."""

    def check_column_exists(self, column: str, table: str, schema: str) -> bool:
        """Whether the table has such a column; False when there is no such table."""
        relation = self._find(table, schema)
        if relation is None:
            return False
        return self._column(relation, column) in dict(self._columns(relation))

    def check_column_is_not_null(self, column: str, table: str, schema: str) -> bool:
        """Whether the column has any value; False when there is no such column."""
        return self._first(column, table, schema) is not None

    def check_column_value(
        self, f: Callable[[Any], Any], column: str, table: str, schema: str
    ) -> bool:
        """Whether `f` is true of the column's first value; False when it has none."""
        first = self._first(column, table, schema)
        return first is not None and bool(f(first[0]))

    def get_column_type(self, column: str, table: str, schema: str) -> str | None:
        """The column's `data_type` in information_schema, or None when there is no such column."""
        relation = self._find(table, schema)
        if relation is None:
            return None
        name = self._column(relation, column)
        rows = self._ask(
            """
            select data_type from information_schema.columns
            where table_schema = %(relation_schema)s and table_name = %(table)s
            and column_name = %(column)s
            """,
            {"relation_schema": relation.schema, "table": relation.name, "column": name},
        )
        return str(rows[0][0]) if rows else None

    def get_column_names(self, table_name: str, schema: str) -> set[str]:
        """The names of the columns, each in double quotes; none when there is no such table."""
        relation = self._find(table_name, schema)
        return {_quote(name) for name, _ in self._columns(relation)} if relation else set()

    def drop_empty_columns(self, table_name: str, schema: str) -> list[str]:
        """Drop the columns that have at most one distinct value besides null.

        Returns their names in the table's order, each in double quotes.
        """
        relation = self._get(table_name, schema)
        names = [name for name, _ in self._columns(relation)]
        if not names:
            return []
        same = sql.SQL(", ").join(
            sql.SQL("min({0}::text) is not distinct from max({0}::text)").format(
                sql.Identifier(name)
            )
            for name in names
        )
        (found,) = self._ask(sql.SQL("select {} from {}").format(same, name_of(relation)))
        dropped = [name for name, is_same in zip(names, found, strict=True) if is_same]
        if dropped:
            drops = sql.SQL(", ").join(
                sql.SQL("drop column {}").format(sql.Identifier(name)) for name in dropped
            )
            self._change(sql.SQL("alter table {} {}").format(name_of(relation), drops))
        return [_quote(name) for name in dropped]

    def cast_column(self, column: str, table_name: str, schema: str, typestring: str) -> None:
        """Change the column's type.

        Args:
            column, table_name, schema: which column.
            typestring: the type as in SQL, such as `numeric(10, 2)`.
        """
        (known,) = self._ask(
            "select pg_catalog.to_regtype(%(type)s) is not null"
            " and %(type)s::pg_catalog.text operator(pg_catalog.!~) '[;]|--|/[*]'",
            {"type": typestring},
            users=True,
        )
        if not known[0]:
            raise BuildError(f"cast_column: there is no type {typestring!r}. Check its spelling.")
        self._convert(column, table_name, schema, typestring, "{column}::" + typestring)

    def prettify_date(self, column: str, table_name: str, schema: str) -> None:
        """Change a column of dates or times, as text or numbers, to `timestamp` or `time`.

        Numbers such as 20150816235959 become timestamps, those of at most six digits (HHMMSS)
        times; any other text is cast to a timestamp as Postgres reads it. Blank text is null. A
        column that can be read in none of these ways stays as it is, and the log says so.
        """
        relation = self._get(table_name, schema)
        name = sql.Identifier(self._column(relation, column))
        value = sql.SQL(_TEXT).format(column=name)
        query = sql.SQL(_SHAPES).format(value=value, table=name_of(relation))
        stamps, times, filled = self._ask(query)[0]
        kind, using = "timestamp", "{value}::timestamp"
        if filled and stamps:
            using = _STAMP
        elif filled and times:
            kind, using = "time", _TIME
        try:
            self._convert(column, table_name, schema, kind, using)
        except psycopg2.DataError:
            _log.warning("prettify_date: not able to parse column %s of %s", column, relation)

    def _convert(self, column: str, table_name: str, schema: str, kind: str, using: str) -> None:
        relation = self._get(table_name, schema)
        name = sql.Identifier(self._column(relation, column))
        value = sql.SQL(_TEXT).format(column=name)
        statement = sql.SQL("alter table {} alter column {} type {} using {}").format(
            name_of(relation),
            name,
            sql.SQL(kind),
            sql.SQL(using).format(column=name, value=value),
        )
        self._change(statement, users=True)

    def _first(self, column: str, table: str, schema: str) -> tuple[Any, ...] | None:
        relation = self._find(table, schema)
        if relation is None:
            return None
        column = self._column(relation, column)
        if column not in dict(self._columns(relation)):
            return None
        rows = self._ask(
            sql.SQL("select {0} from {1} where {0} is not null limit 1").format(
                sql.Identifier(column), name_of(relation)
            )
        )
        return rows[0] if rows else None


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
