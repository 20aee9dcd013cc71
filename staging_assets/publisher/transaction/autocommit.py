"""Transactions that are begun in SQL, on a connection in autocommit mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.sql import Composable

from staging_assets.postgres import Connection, Cursor

T = TypeVar("T")


class Again:
    """What a try returns that has to be given up, and made again when its caller knows more."""


def run_transaction(
    connection: Connection,
    work: Callable[[Cursor], T],
    *,
    nested: bool = False,
) -> T:
    """Run `work` in a transaction: commit it, unless it raises or returns an `Again`.

    Args:
        connection: in autocommit mode.
        work: what it sends last may be COMMIT, unless it is nested.
        nested: whether a transaction is open already; then a savepoint of it takes its place.
    """
    kind: Any = connection.cursor_factory
    with connection.cursor(
        cursor_factory=kind if nested else _find_beginning(kind or Cursor)
    ) as cursor:
        rollback = "rollback to savepoint staging_assets_try" if nested else "rollback"
        if nested:
            cursor.execute("savepoint staging_assets_try")
        try:
            result = work(cursor)
            if isinstance(result, Again):
                cursor.execute(rollback)
            elif nested or connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
                cursor.execute("release savepoint staging_assets_try" if nested else "commit")
        except BaseException:
            if not connection.closed:
                cursor.execute(rollback)
            raise
    return result


@cache
def _find_beginning(kind: Any) -> type[Cursor]:
    """A class of cursors whose first message begins a transaction: a round trip less.

    Args:
        kind: what they are otherwise.
    """

    class Beginning(kind):  # type: ignore[misc]
        _begins = True

        def execute(self, query: Any, vars: Any = None) -> None:
            if self._begins:
                self._begins = False
                text = query.as_string(self) if isinstance(query, Composable) else query
                query = f"begin;{text}"
            super().execute(query, vars)

    return Beginning


@contextmanager
def in_autocommit(connection: Connection) -> Iterator[None]:
    """Let transactions be begun in SQL; afterwards the connection is as it was."""
    before = connection.autocommit
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = before
