"""Cursors that put the schema's name into what scripts send, and connections that make them."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from psycopg2 import extensions, sql

from staging_assets.model import STAGING, Relation
from staging_assets.parser import Naming, rewrite
from staging_assets.postgres import Connection, Cursor, ServerRoutines

_CONTROL = re.compile(r"\b(?:commit|end|begin|start|rollback|abort)\b", re.IGNORECASE)

# The parameters in which SQLAlchemy's reflection asks for a schema.
_SCHEMA_PARAMETER = re.compile(r"(?:nspname|schema|table_schema)(?:_\d+)*\Z")
_BULK = re.compile(rb"\bvalues\b", re.IGNORECASE)


class Joined(Protocol):
    """A connection that shares its transaction with others."""

    def keep(self) -> None:
        """Note that something is about to be done."""

    def settle(self, query: str) -> str:
        """Return the text with its own COMMIT, BEGIN and ROLLBACK seen to."""


class _Routines:
    """What one connection was told of routines; it does not keep the connection alive."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = weakref.ref(connection)
        self._server = ServerRoutines(schema)

    def find(self, called: Collection[Relation]) -> Naming:
        """What is known of routines that a text gives names to."""
        connection = self._connection()
        return Naming() if connection is None else self._server.find(connection, called)


_ROUTINES: weakref.WeakKeyDictionary[Connection, _Routines] = weakref.WeakKeyDictionary()


if TYPE_CHECKING:
    _Cursor = Cursor
else:
    _Cursor = object


class StagingCursor(_Cursor):
    """What a cursor of the driver is mixed with: `staging` is sent as the real schema."""

    schema: str = STAGING
    joined: Joined | None = None

    def execute(self, query: Any, vars: Any = None) -> None:
        """Run a statement; psycopg2's meaning."""
        query = self._prepare(query, formats=bool(vars))
        if isinstance(query, str) and isinstance(vars, Mapping) and "pg_catalog" in query:
            vars = {name: self._real(name, value) for name, value in vars.items()}
        super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Run a statement many times; psycopg2's meaning."""
        super().executemany(self._prepare(query, formats=True), vars_list)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """Run a COPY; psycopg2's meaning."""
        super().copy_expert(self._prepare(sql), file, size)

    def callproc(self, procname: Any, *parameters: Any) -> Any:
        """Call a function; psycopg2's meaning."""
        return super().callproc(self._prepare(procname), *parameters)

    def _prepare(self, query: Any, *, formats: bool = False) -> Any:
        """What is sent in a query's place; with `formats`, the driver takes each % for a format."""
        if self.joined is not None:
            self.joined.keep()
        if isinstance(query, sql.Composable):
            query = query.as_string(self)
        if isinstance(query, bytes):
            return self._prepare_bulk(query)
        if isinstance(query, str):
            if self.joined is not None and _CONTROL.search(query):
                query = self.joined.settle(query)
            schema = self.schema.replace("%", "%%") if formats else self.schema
            return _rewrite(query, schema, self._routines())
        return query

    def _prepare_bulk(self, query: bytes) -> bytes:
        """What `psycopg2.extras.execute_values` sends: the rows are in it, and stay as they are."""
        if self.schema == STAGING:
            return query
        found = _BULK.search(query)
        end = found.start() if found else len(query)
        encoding = extensions.encodings[self.connection.encoding]
        head = _rewrite(query[:end].decode(encoding), self.schema, self._routines())
        return head.encode(encoding) + query[end:]

    def _routines(self) -> _Routines:
        """What the connection's server knows of routines."""
        found = _ROUTINES.get(self.connection)
        if found is None:
            found = _ROUTINES[self.connection] = _Routines(self.connection, self.schema)
        return found

    def _real(self, name: str, value: Any) -> Any:
        return self.schema if value == STAGING and _SCHEMA_PARAMETER.match(name) else value


@lru_cache(maxsize=32)
def make_cursor_class(base: type[Cursor], schema: str) -> type[Cursor]:
    """Return a class of cursors that are `base` and put the schema's name in."""
    return type(f"Staging{base.__name__}", (StagingCursor, base), {"schema": schema})


class StagingConnection(Connection):
    """A connection of the driver, all of whose cursors put the schema's name in."""

    schema: str = STAGING

    def cursor(self, *args: Any, **options: Any) -> Any:
        """Return a cursor; psycopg2's meaning."""
        base = options.pop("cursor_factory", None) or Cursor
        return super().cursor(*args, cursor_factory=make_cursor_class(base, self.schema), **options)


def make_connections(schema: str) -> Callable[..., StagingConnection]:
    """Return a connection factory for psycopg2.

    Args:
        schema: what `staging` is really called.
    """

    def make(*args: Any, **options: Any) -> StagingConnection:
        connection = StagingConnection(*args, **options)
        connection.schema = schema
        return connection

    return make


@lru_cache(maxsize=64)
def _rewrite_known(text: str, schema: str, routines: _Routines) -> str:
    return rewrite(text, schema=schema, ask=routines.find).text


def _rewrite(text: str, schema: str, routines: _Routines) -> str:
    if schema == STAGING or STAGING not in text.lower():
        return text
    return _rewrite_known(text, schema, routines)
