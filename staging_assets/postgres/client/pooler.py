"""Whether a connection keeps its session from one transaction to the next.

pgbouncer in transaction or statement mode hands every transaction to whichever server
connection is free: temporary tables, advisory locks and SET would belong to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from psycopg2.extensions import connection as Connection  # noqa: N812

_ROUNDS = 4


def keeps_session(connection: Connection, another: Callable[[], Connection]) -> bool:
    """Tell whether all transactions of `connection` run in one server process.

    Args:
        connection: in autocommit mode, outside a transaction.
        another: opens a second connection to the same place; called only when a pooler was seen.

    Without a pooler the process number that libpq was told is that of the server process, and
    one query answers. A pooler tells a number of its own. Then transactions on two connections
    take turns: where sessions are kept, each stays with a process of its own.
    """
    if _process(connection) == connection.info.backend_pid:
        return True
    with closing(another()) as second:
        second.autocommit = True
        seen = {
            (index, _process(c)) for _ in range(_ROUNDS) for index, c in _turns(connection, second)
        }
    return len(seen) == 2 and len({process for _, process in seen}) == 2


def _turns(first: Connection, second: Connection) -> tuple[tuple[int, Connection], ...]:
    return ((1, first), (2, second), (2, second), (1, first))


def _process(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
