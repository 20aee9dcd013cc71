"""Short exclusive locks: many brief tries instead of one long wait.

A queued ACCESS EXCLUSIVE request holds up every reader that comes after it, so a request may
queue for a tenth of a second at most. In between, readers have the table to themselves.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import psycopg2
from psycopg2 import errors, extensions

from staging_assets.errors import BuildError

Log = Callable[[str, str], None]
T = TypeVar("T")

LOCK_TIMEOUT_MS = 100
"""How long one request for one lock may queue, in milliseconds."""

STATEMENT_TIMEOUT_MS = 150
"""How long all locks of one try may take together, in milliseconds."""

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "": 1e-3}


class LockBusyError(Exception):
    """A lock was not to be had within one try."""


def find_seconds(setting: str) -> float:
    """Turn a Postgres time setting (`10s`, `2min`, `500`: milliseconds) into seconds.

    `0` means without end, as in Postgres. Raises ValueError when it is no such setting.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", setting)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{setting!r} is no time setting of Postgres")
    return float(found[1]) * _UNITS[found[2]] or float("inf")


def run_in_tries(
    connection: extensions.connection,
    attempt: Callable[[extensions.cursor], T],
    *,
    what: str,
    patience: float,
    log: Log,
    cancelled: threading.Event,
    blockers: Callable[[extensions.cursor], str],
) -> T:
    """Run `attempt` in a transaction of its own until it gets its locks, and commit it.

    Args:
        connection: in autocommit mode.
        attempt: sends its statements on the cursor it is given, inside a transaction; it takes
            its locks through `take_locks`. It may run several times.
        what: shown to people, such as `publishing staging.arrests`.
        patience: seconds for all tries together.
        blockers: reads who holds the locks; called between tries, outside a transaction.

    Raises BuildError naming the blockers when patience ends, or when the run is cancelled.
    """
    began = time.monotonic()
    pause = _FIRST_PAUSE
    tries = 0
    while True:
        if cancelled.is_set():
            raise BuildError(f"{what}: the run was cancelled. Nothing was changed.")
        tries += 1
        try:
            return _run_once(connection, attempt)
        except (LockBusyError, errors.DeadlockDetected, errors.SerializationFailure):
            pass
        with connection.cursor() as cursor:
            holders = blockers(cursor)
        waited = time.monotonic() - began
        if waited >= patience:
            raise BuildError(
                f"{what}: the lock was not to be had in {waited:.1f} s and {tries} tries; "
                f"it is held by {holders}. "
                "End that session or wait for it, then build this table again. "
                "The old table is as it was."
            )
        if tries in (2, 10) or tries % 60 == 0:
            log("warning", f"{what}: waiting for {holders} (try {tries}, {waited:.1f} s)")
        cancelled.wait(pause * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, no secret
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _run_once(connection: extensions.connection, attempt: Callable[[extensions.cursor], T]) -> T:
    with connection.cursor() as cursor:
        try:
            result = attempt(cursor)
            cursor.execute("commit")
        except BaseException:
            if not connection.closed:
                cursor.execute("rollback")
            raise
    return result


def take_locks(cursor: extensions.cursor, relations: Iterable[str], *, before: str = "") -> None:
    """Lock tables in ACCESS EXCLUSIVE mode, without queueing for long.

    Args:
        cursor: in a transaction, or before one that `before` begins.
        relations: names as SQL, quoted where needed; nothing is locked when there are none.
        before: statements to send along in the same round trip, ahead of the locks.

    Raises LockBusyError when another session has one of them.
    """
    names = ", ".join(relations)
    lock = f"lock table {names} in access exclusive mode;" if names else ""
    try:
        cursor.execute(
            f"{before}"
            f"set local lock_timeout = {LOCK_TIMEOUT_MS};"
            f"set local statement_timeout = {STATEMENT_TIMEOUT_MS};"
            f"{lock}"
            "set local statement_timeout = 0"
        )
    except errors.LockNotAvailable:
        raise LockBusyError from None
    except errors.QueryCanceled as error:
        if "statement timeout" in str(error):
            raise LockBusyError from None
        raise


def read_lock_holders(cursor: extensions.cursor, relations: Iterable[str]) -> str:
    """Say who holds or awaits locks on these relations: pid, application, state, since when."""
    cursor.execute(
        """
        select distinct l.pid, a.application_name, a.state, a.usename,
            to_char(coalesce(a.xact_start, a.backend_start), 'YYYY-MM-DD HH24:MI:SS TZ')
        from pg_locks l
        left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'relation' and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and l.relation in (select to_regclass(name) from unnest(%s) name)
        and l.pid is distinct from pg_backend_pid()
        order by 5
        """,
        (list(relations),),
    )
    rows = cursor.fetchall()
    if not rows:
        return "a session that has ended since"
    return " and ".join(
        f"backend {pid} ({name or 'no application name'}, user {user}, {state}, since {since})"
        if pid
        else "a prepared transaction"
        for pid, name, state, user, since in rows[:5]
    )


def is_lock_trouble(error: psycopg2.Error) -> bool:
    """Whether a failed statement only met another session's lock."""
    return isinstance(
        error, errors.LockNotAvailable | errors.DeadlockDetected | errors.SerializationFailure
    )
