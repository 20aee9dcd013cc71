"""Cursors that put the schemas' names into what scripts send, and connections that make them."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from psycopg2 import extensions, sql

from staging_assets.model import STAGING, Relation, SchemaNames
from staging_assets.parser import AskNaming, Naming, may_name, rewrite
from staging_assets.postgres import Connection, Cursor, ServerRoutines, find_cursor_class

_CONTROL = re.compile(r"\b(?:commit|end|begin|start|rollback|abort)\b", re.IGNORECASE)

# The parameters in which SQLAlchemy's reflection asks for a schema.
_SCHEMA_PARAMETER = re.compile(r"(?:nspname|schema|table_schema)(?:_\d+)*\Z")
_CATALOG = re.compile(r"\bpg_(?:catalog|namespace)\b")
_BULK = re.compile(rb"\bvalues\b", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a cleanup works.

    Args:
        schema: the schema that is built.
        schemas: what scripts call it, and the sources'.
    """

    schema: str
    schemas: SchemaNames

    def find_real(self, name: str) -> str:
        """What a schema of the script is really called."""
        return self.schemas.in_database(name, self.schema)

    @property
    def formatted(self) -> Place:
        """The same, where the driver takes each % for a format."""
        etl = self.schemas.etl.replace("%", "%%")
        return Place(self.schema.replace("%", "%%"), replace(self.schemas, etl=etl))

    @property
    def is_literal(self) -> bool:
        """Whether everything is called in the database as it is in the scripts."""
        return self.schemas.moved == {self.schema}


class Unpublished(Protocol):
    """Where a cleanup finds its table while that is not published yet."""

    def prepare(self, text: str, parameters: Any, ask: AskNaming, *, formats: bool) -> str:
        """What is sent in a text's place."""

    def bind(self, text: str, parameters: Any) -> Any:
        """What is bound in the place of its parameters."""


class Joined(Protocol):
    """A connection that shares its transaction with others."""

    unpublished: Unpublished | None

    def keep(self) -> None:
        """Note that something is about to be done."""

    def settle(self, query: str) -> str:
        """Return the text with its own COMMIT, BEGIN and ROLLBACK seen to."""


class _Routines:
    """What one connection was told of routines; it does not keep the connection alive."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self._connection = weakref.ref(connection)
        self._server = ServerRoutines(place.schema, place.schemas)

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

    place: Place = Place(STAGING, SchemaNames())
    joined: Joined | None = None
    is_ours = False
    """Whether what it sends is our own, and says itself where a table is."""

    def execute(self, query: Any, vars: Any = None) -> None:
        """Run a statement; psycopg2's meaning."""
        if self._unpublished is not None and isinstance(query, str):
            vars = self._unpublished.bind(query, vars)
        query = self._prepare(query, vars, formats=vars is not None)
        if isinstance(query, str) and isinstance(vars, Mapping) and _CATALOG.search(query):
            vars = {name: self._real(name, value) for name, value in vars.items()}
        super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Run a statement many times; psycopg2's meaning."""
        rows = list(vars_list)
        if self._unpublished is not None and isinstance(query, str):
            rows = [self._unpublished.bind(query, row) for row in rows]
        super().executemany(self._prepare(query, rows[0] if rows else None, formats=True), rows)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """Run a COPY; psycopg2's meaning."""
        super().copy_expert(self._prepare(sql), file, size)

    def callproc(self, procname: Any, *parameters: Any) -> Any:
        """Call a function; psycopg2's meaning."""
        return super().callproc(self._prepare(procname), *parameters)

    @property
    def _unpublished(self) -> Unpublished | None:
        return self.joined.unpublished if self.joined is not None and not self.is_ours else None

    def _prepare(self, query: Any, parameters: Any = None, *, formats: bool = False) -> Any:
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
            if self._unpublished is not None:
                ask = self._routines().find
                return self._unpublished.prepare(query, parameters, ask, formats=formats)
            return _rewrite(
                query, self.place.formatted if formats else self.place, self._routines()
            )
        return query

    def _prepare_bulk(self, query: bytes) -> bytes:
        """What `psycopg2.extras.execute_values` sends: the rows are in it, and stay as they are."""
        if self.place.is_literal and self._unpublished is None:
            return query
        found = _BULK.search(query)
        end = found.start() if found else len(query)
        encoding = extensions.encodings[self.connection.encoding]
        text = query[:end].decode(encoding)
        if self._unpublished is not None:
            head = self._unpublished.prepare(text, None, self._routines().find, formats=False)
        else:
            head = _rewrite(text, self.place, self._routines())
        return head.encode(encoding) + query[end:]

    def _routines(self) -> _Routines:
        """What the connection's server knows of routines."""
        found = _ROUTINES.get(self.connection)
        if found is None:
            found = _ROUTINES[self.connection] = _Routines(self.connection, self.place)
        return found

    def _real(self, name: str, value: Any) -> Any:
        named = isinstance(value, str) and _SCHEMA_PARAMETER.match(name)
        return self.place.find_real(value) if named else value


@lru_cache(maxsize=32)
def make_cursor_class(base: type[Cursor], place: Place) -> type[Cursor]:
    """Return a class of cursors that are `base` and put the schemas' names in."""
    return type(f"Staging{base.__name__}", (StagingCursor, base), {"place": place})


class StagingConnection(Connection):
    """A connection of the driver, all of whose cursors put the schema's name in."""

    place: Place = Place(STAGING, SchemaNames())

    def cursor(self, *args: Any, **options: Any) -> Any:
        """Return a cursor; psycopg2's meaning."""
        base: Any = options.pop("cursor_factory", None) or find_cursor_class(self)
        return super().cursor(*args, cursor_factory=make_cursor_class(base, self.place), **options)


def make_connections(place: Place) -> Callable[..., StagingConnection]:
    """Return a connection factory for psycopg2.

    Args:
        place: what the schemas of scripts are really called.
    """

    def make(*args: Any, **options: Any) -> StagingConnection:
        connection = StagingConnection(*args, **options)
        connection.place = place
        return connection

    return make


@lru_cache(maxsize=64)
def _rewrite_known(text: str, place: Place, routines: _Routines) -> str:
    return rewrite(text, place.schemas, schema=place.schema, ask=routines.find).text


def _rewrite(text: str, place: Place, routines: _Routines) -> str:
    if place.is_literal or not may_name(text, place.schemas, "\\"):
        return text
    return _rewrite_known(text, place, routines)
