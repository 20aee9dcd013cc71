"""Cursors that send one statement a message, for servers that take no more.

The engine sends together what belongs together, since a message costs a round trip. Some servers
hand the whole text of a message on, and others refuse it. There, connections have these cursors:
what is executed is cut into its statements, and each goes alone. What Postgres does with several
statements in a message is kept: outside a transaction they are one.
"""

from __future__ import annotations

import re
from typing import Any

from psycopg2 import extensions, sql
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from staging_assets.parser import LexicalError, find_statements
from staging_assets.postgres.abilities.abilities import find_abilities
from staging_assets.postgres.driver import Connection, Cursor
from staging_assets.postgres.driver.ahead import LeadingCursor

_CONTROL = re.compile(
    r"(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b",
    re.IGNORECASE,
)
_VISIBLE = re.compile(r"[^\n]")


class OneStatementCursor(LeadingCursor):
    """A cursor of the driver whose messages hold one statement each."""

    def execute(self, query: Any, vars: Any = None) -> None:
        """Run statements; psycopg2's meaning. The result is that of the last one."""
        query = self.with_waiting(query)
        parts = [] if self.name is not None else self._cut(query, vars)
        if len(parts) < 2:
            super().execute(query, vars)
            return
        with _Together(self.connection, parts):
            for part in parts:
                super().execute(part)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """Run statements of which the last is a COPY; psycopg2's meaning."""
        sql = self.with_waiting(sql)
        parts = self._cut(sql, None)
        if len(parts) < 2:
            super().copy_expert(sql, file, size)
            return
        with _Together(self.connection, parts):
            for part in parts[:-1]:
                super().execute(part)
            super().copy_expert(parts[-1], file, size)

    def _cut(self, query: Any, arguments: Any) -> list[str]:
        """The statements of a text, each with blanks in place of what stood before it.

        So every position and line that the server names is that of the whole text.
        """
        if isinstance(query, sql.Composable):
            query = query.as_string(self)
        if (b";" if isinstance(query, bytes) else ";") not in query:
            return []
        if arguments:
            query = self.mogrify(query, arguments)
        if isinstance(query, bytes):
            query = query.decode(extensions.encodings[self.connection.encoding])
        try:
            statements = find_statements(query)
        except LexicalError:
            return []  # the server says what is wrong with it
        return [_VISIBLE.sub(" ", query[: s.offset]) + s.text for s in statements]


def find_cursor_class(connection: Connection) -> type[Cursor]:
    """The class of a connection's cursors where nobody asks for another."""
    return OneStatementCursor if find_abilities(connection).one_statement else LeadingCursor


class _Together:
    """Statements that Postgres would take as one transaction, were they one message."""

    def __init__(self, connection: Connection, parts: list[str]) -> None:
        self._connection = connection
        # Otherwise a transaction is open, or the driver begins one, or the text does.
        self._needed = (
            connection.autocommit
            and connection.info.transaction_status == TRANSACTION_STATUS_IDLE
            and not any(_CONTROL.match(part.lstrip()) for part in parts)
        )

    def __enter__(self) -> None:
        self._run("begin")

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if not self._connection.closed:
            self._run("commit" if kind is None else "rollback")

    def _run(self, statement: str) -> None:
        """Send it on a cursor of its own: the other one keeps the result of its statement."""
        if self._needed:
            with Connection.cursor(self._connection, cursor_factory=Cursor) as cursor:
                cursor.execute(statement)
