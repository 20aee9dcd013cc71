"""The catalog as it will be when the shadow is published, for the questions of a cleanup.

Where a statement asks `information_schema.columns`, `pg_class` and the like, a temporary view of
them is asked instead, in which the shadow stands in the published schema and the table that it
will replace does not stand at all. The views last as long as the cleanup's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg2 import errors

from staging_assets.parser import (
    NAME_KINDS,
    Token,
    quote_identifier,
    quote_literal,
    tokenize,
)

PREFIX = "__cleanup_"
"""What the views' names begin with."""

_SCHEMAS = ("information_schema", "pg_catalog")
_TABLES_OF = {
    "schemaname": ("tablename", "relname", "viewname", "matviewname", "sequencename"),
    "table_schema": ("table_name",),
    "event_object_schema": ("event_object_table",),
    "sequence_schema": ("sequence_name",),
    "object_schema": ("object_name",),
    "relnamespace": ("relname",),
}
"""Columns that hold a schema, and which column holds the relation's name then."""

_COLUMNS = """
select a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_attribute as a
where a.attrelid = pg_catalog.to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""

Ask = Callable[..., list[tuple[Any, ...]]]


class UnclearError(Exception):
    """A relation of the catalog in which the shadow cannot be put in place."""


class _Asked(NamedTuple):
    """A relation of the catalog that a text names, from `start` up to `end`."""

    schema: str
    name: str
    start: int
    end: int
    qualifies: bool


class Catalog:
    """Makes the views that a transaction needs, and sends questions to them.

    Args:
        ask: runs a query in the transaction.
        live: schema in which the table will be published.
        build: schema in which it is.
    """

    def __init__(self, ask: Ask, live: str, build: str) -> None:
        self._ask = ask
        self._live, self._build = live, build
        self._columns: dict[tuple[str, str], Sequence[tuple[str, str]]] = {}
        self._oids: dict[str, str] = {}

    def redirect(self, text: str, find_own: Callable[[], Collection[str]]) -> str:
        """Send the questions in a text to views, which are made if need be.

        Args:
            text: one or more statements.
            find_own: gives the names of all that belongs to the shadow.

        Raises UnclearError, and LexicalError when the text cannot be read.
        """
        if not any(word in text.lower() for word in ("information_schema", "pg_")):
            return text
        asked = [each for each in _find_asked(tokenize(text)) if self._is_turned(each)]
        if not asked:
            return text
        own = find_own()
        for schema, name in dict.fromkeys((each.schema, each.name) for each in asked):
            try:
                self._ask(self._make_view(schema, name, own))
            except errors.InsufficientPrivilege:
                raise UnclearError(
                    f"{schema}.{name} without the right to temporary views"
                ) from None
        parts, done = [], 0
        for each in asked:
            view = quote_identifier(PREFIX + each.name)
            parts += [text[done : each.start], view if each.qualifies else f"pg_temp.{view}"]
            done = each.end
        return "".join([*parts, text[done:]])

    def _is_turned(self, asked: _Asked) -> bool:
        """Whether rows of a relation say in which schema a table is."""
        columns = dict(self._read_columns(asked.schema, asked.name))
        if asked.name == "pg_constraint":
            return True
        if any(self._find_pairs(columns)):
            if "anyarray" in columns.values():
                raise UnclearError(asked.name)
            return True
        if "constraint_schema" in columns:
            raise UnclearError(f"{asked.schema}.{asked.name}")
        return False

    def _read_columns(self, schema: str, name: str) -> Sequence[tuple[str, str]]:
        key = (schema, name)
        if key not in self._columns:
            self._columns[key] = self._ask(_COLUMNS, (f"{schema}.{quote_identifier(name)}",))
        return self._columns[key]

    def _find_pairs(self, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for schema, names in _TABLES_OF.items():
            if schema in columns:
                yield from ((schema, name) for name in names if name in columns)

    def _make_view(self, schema: str, name: str, own: Collection[str]) -> str:
        columns = dict(self._read_columns(schema, name))
        listed = f"array[{', '.join(quote_literal(each) for each in sorted(own))}]::text[]"
        parts = [self._turn(column, kind) for column, kind in columns.items()]
        conditions = []
        for where, what in self._find_pairs(columns):
            if where == "relnamespace":
                live, build = self._oid(self._live), self._oid(self._build)
                place = f"r.{where}"
            else:
                live, build = quote_literal(self._live), quote_literal(self._build)
                place = f"r.{where}::text"
            mine = f"r.{what}::text = any ({listed})"
            conditions.append(f"({place} = {live} and {mine}) is not true")
            conditions.append(f"({place} = {build} and not {mine}) is not true")
        if name == "pg_constraint":
            conditions.append(
                "not exists (select from pg_catalog.pg_class as k where k.oid = r.conrelid and ("
                f"k.relnamespace = {self._oid(self._live)} and k.relname::text = any ({listed})"
                f" or k.relnamespace = {self._oid(self._build)}"
                f" and not k.relname::text = any ({listed})))"
            )
        return (
            f"create or replace temporary view {quote_identifier(PREFIX + name)}"  # noqa: S608
            f" as select {', '.join(parts)} from {schema}.{quote_identifier(name)} as r"
            f" where {' and '.join(conditions)}"
        )

    def _turn(self, column: str, kind: str) -> str:
        """A column of a view: the published schema stands where the shadow's does."""
        spelled = quote_identifier(column)
        if column in ("relnamespace", "connamespace"):
            live, build = self._oid(self._live), self._oid(self._build)
            return f"case r.{column} when {build} then {live} else r.{column} end as {spelled}"
        if _holds_schema(column):
            live, build = quote_literal(self._live), quote_literal(self._build)
            turned = f"case r.{spelled}::text when {build} then {live} else r.{spelled}::text end"
            return f"({turned})::{kind} as {spelled}"
        return f"r.{spelled}"

    def _oid(self, schema: str) -> str:
        if schema not in self._oids:
            query = "select oid from pg_catalog.pg_namespace where nspname = %s"
            rows = self._ask(query, (schema,))
            self._oids[schema] = f"{rows[0][0] if rows else 0}::oid"
        return self._oids[schema]


def drop_views_sql() -> str:
    """SQL that gives the statements by which the views are dropped."""
    return (
        "select pg_catalog.format('drop view pg_temp.%I', c.relname) from pg_catalog.pg_class as c"  # noqa: S608
        " where c.relnamespace = pg_catalog.pg_my_temp_schema() and c.relkind = 'v'"
        f" and pg_catalog.left(c.relname::text, {len(PREFIX)}) = {quote_literal(PREFIX)}"
    )


def _holds_schema(column: str) -> bool:
    return column == "schemaname" or (column.endswith("_schema") and column != "udt_schema")


def _find_asked(tokens: Sequence[Token]) -> Iterator[_Asked]:
    """The relations of the catalog that are named: in full, by a bare `pg_...`, or by a column."""
    turned = {
        name.value
        for schema, name in zip(tokens, tokens[2:], strict=False)
        if schema.value == "information_schema" and name.kind in NAME_KINDS
    }
    done = 0
    for index, token in enumerate(tokens):
        before = tokens[index - 1].value if index else ""
        names = tokens[index : index + 4]
        values = [each.value for each in names] + [""] * 4
        if index < done or token.kind not in NAME_KINDS or before in (".", "as"):
            continue
        if token.value in _SCHEMAS and values[1] == "." and len(names) > 2:
            if names[2].kind in NAME_KINDS and values[3] != "(":
                yield _Asked(values[0], values[2], token.start, names[2].end, False)
            done = index + 3
        elif token.value.startswith("pg_") and values[1] != "(" and token.value != "pg_temp":
            yield _Asked("pg_catalog", token.value, token.start, token.end, values[1] == ".")
        elif values[1] == "." and token.value in turned:
            yield _Asked("information_schema", token.value, token.start, token.end, True)
