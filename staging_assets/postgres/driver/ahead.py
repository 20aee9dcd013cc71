"""Statements that wait for the next message of a connection, and go ahead in it."""

from __future__ import annotations

import weakref
from typing import Any

from psycopg2.sql import Composable

from staging_assets.postgres.driver import Connection, Cursor

_WAITING: weakref.WeakKeyDictionary[Connection, str] = weakref.WeakKeyDictionary()


class LeadingCursor(Cursor):
    """A cursor of the driver that sends what waits along with what is executed."""

    def execute(self, query: Any, vars: Any = None) -> None:
        """Run statements; psycopg2's meaning."""
        super().execute(self.with_waiting(query), vars)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """Run statements of which the last is a COPY; psycopg2's meaning."""
        super().copy_expert(self.with_waiting(sql), file, size)

    def with_waiting(self, query: Any) -> Any:
        """A text with what has waited for it ahead."""
        waiting = _WAITING.pop(self.connection, "")
        if not waiting:
            return query
        if isinstance(query, Composable):
            query = query.as_string(self)
        return waiting.encode() + query if isinstance(query, bytes) else waiting + query


def send_ahead(connection: Connection, statements: str) -> None:
    """Send statements of our own with the connection's next message.

    Args:
        connection: one of others, which cannot wait, runs them at once.
        statements: with a semicolon at the end, and no percent sign.
    """
    kind = connection.cursor_factory
    if isinstance(kind, type) and issubclass(kind, LeadingCursor):
        _WAITING[connection] = _WAITING.get(connection, "") + statements
        return
    with connection.cursor() as cursor:
        cursor.execute(statements)


def find_waiting(connection: Connection) -> str:
    """What waits for the connection's next message."""
    return _WAITING.get(connection, "")


def take_back(connection: Connection, statements: str) -> bool:
    """Take back what was last to be sent ahead; False when it is sent already."""
    waiting = _WAITING.pop(connection, None)
    if waiting is None:
        return False
    if before := waiting.removesuffix(statements):
        _WAITING[connection] = before
    return True
