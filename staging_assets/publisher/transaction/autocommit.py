"""Transactions that are begun in SQL, on a connection in autocommit mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

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
        nested: whether a transaction is open already; then a savepoint of it takes its place.
    """
    with connection.cursor() as cursor:
        rollback = "rollback to savepoint staging_assets_try" if nested else "rollback"
        cursor.execute("savepoint staging_assets_try" if nested else "begin")
        try:
            result = work(cursor)
            if isinstance(result, Again):
                cursor.execute(rollback)
            else:
                cursor.execute("release savepoint staging_assets_try" if nested else "commit")
        except BaseException:
            if not connection.closed:
                cursor.execute(rollback)
            raise
    return result


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
