"""Short exclusive locks: many brief tries instead of one long wait.

A queued ACCESS EXCLUSIVE request holds up every reader that comes after it, so a request may
queue for a tenth of a second at most. In between, readers have the table to themselves.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg2 import errors

from staging_assets.errors import BuildError, CancelledError
from staging_assets.parser import quote_literal
from staging_assets.postgres import (
    SET_OWN_PATH,
    Connection,
    Cursor,
    Log,
    find_safe_text,
)
from staging_assets.publisher.transaction.autocommit import run_transaction

T = TypeVar("T")

LOCK_TIMEOUT = 100
"""How long one request for one lock may queue, in milliseconds."""

STATEMENT_TIMEOUT = 150
"""How long all locks of one try may take together, in milliseconds; late tries get more."""

_LONGEST_TIMEOUT = 600

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "": 1e-3}

_HOLDERS = """
select l.pid, a.application_name, a.usename, a.state,
    to_char(
        min(coalesce(a.xact_start, a.backend_start)), 'YYYY-MM-DD HH24:MI:SS TZ'
    ),
    coalesce(
        split_part(a.application_name, ' ', 2) <> ''
        and split_part(a.application_name, ' ', 1) = 'staging_assets'
        and split_part(a.application_name, ' ', 2)
            = split_part(current_setting('application_name'), ' ', 2),
        false
    ),
    string_agg(distinct l.relation::regclass::text, ', ')
from pg_locks l
left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation' and l.granted
and l.database = (select oid from pg_database where datname = current_database())
and l.relation in (select to_regclass(name) from unnest(%s) name)
and l.pid is distinct from pg_backend_pid()
group by l.pid, a.application_name, a.usename, a.state
order by 5
"""


class LockBusyError(Exception):
    """Another session holds a lock on one of these relations (names as SQL)."""

    def __init__(self, relations: Sequence[str]) -> None:
        self.relations = relations
        super().__init__(", ".join(relations))


class HeldError(BuildError):
    """Another session has held a lock for as long as there was patience."""


@dataclass(frozen=True)
class Tries:
    """How a transaction is tried until it gets its locks.

    Args:
        what: shown to people, such as `publishing staging.arrests`.
        patience: seconds for all tries together; time spent waiting for sessions of the same
            run does not count, since these end by themselves.
        log: level and message.
        cancelled: no further try is made once it is set.
        nested: whether a transaction is open already; each try is then a savepoint of it, and
            nothing is committed.
    """

    what: str
    patience: float
    log: Log
    cancelled: threading.Event
    nested: bool = False


def parse_seconds(setting: str) -> float:
    """Turn a Postgres time setting (`10s`, `2min`, `500`: milliseconds) into seconds.

    `0` means without end, as in Postgres. Raises ValueError when it is no such setting.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", setting)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{setting!r} is no time setting of Postgres")
    return float(found[1]) * _UNITS[found[2]] or float("inf")


def run_in_tries(connection: Connection, tries: Tries, attempt: Callable[[Cursor], T]) -> T:
    """Run `attempt` in a transaction of its own until it gets its locks, and commit it.

    Args:
        connection: in autocommit mode.
        attempt: sends its statements on the cursor that it is given; it may run several times.
            When it returns an `Again`, that is returned, and its transaction is rolled back.

    Raises BuildError naming who holds the lock when patience ends, CancelledError when the run
    is cancelled.
    """
    began = time.monotonic()
    excused = 0.0
    pause = _FIRST_PAUSE
    count = 0
    while True:
        if tries.cancelled.is_set():
            raise CancelledError("the run was cancelled")
        count += 1
        started = time.monotonic()
        try:
            return run_transaction(connection, attempt, nested=tries.nested)
        except LockBusyError as busy:
            relations = busy.relations
        except (errors.DeadlockDetected, errors.SerializationFailure):
            relations = ()
        except errors.InsufficientPrivilege as error:
            raise BuildError(
                f"{tries.what}: {find_safe_text(error)}. The old table is as it was. "
                "Let the role that builds own what it replaces, or be a member of its owner."
            ) from None
        with connection.cursor() as cursor:
            holders, ours = _read_holders(cursor, relations)
        waited = time.monotonic() - began
        if waited - excused >= tries.patience:
            raise HeldError(
                f"{tries.what}: the lock was not to be had in {waited:.1f} s and {count} tries. "
                f"It is held by {holders}. The old table is as it was. "
                "End that session or wait for it, then build this again."
            )
        if count in (3, 12) or count % 60 == 0:
            tries.log("info", f"{tries.what}: waiting {waited:.1f} s for {holders}")
        tries.cancelled.wait(pause * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, no secret
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        if ours:
            excused += time.monotonic() - started


def take_locks(
    cursor: Cursor,
    locking: Sequence[str],
    relations: Iterable[str],
    *,
    before: str = "",
    after: str = "",
    turn: int = 1,
) -> None:
    """Take ACCESS EXCLUSIVE locks in this order, without queueing for long.

    The short lock_timeout stays until the end of the transaction.

    Args:
        cursor: in a transaction.
        locking: PL/pgSQL statements that take the locks; one limit of time holds for all.
        relations: what they lock, to find out who is in the way.
        before: statements to send along in the same round trip, ahead of them.
        after: a statement to send along behind them, whose result is that of the cursor.
        turn: which try this is; a server that is slow, not busy with the table, needs more time.

    Raises LockBusyError when another session has one of them.
    """
    timeout = min(STATEMENT_TIMEOUT * (1 + turn // 8), _LONGEST_TIMEOUT)
    body = quote_literal(f"begin {' '.join(f'{statement};' for statement in locking)} end")
    try:
        cursor.execute(
            f"{before}set local lock_timeout = {LOCK_TIMEOUT};"
            f"set local statement_timeout = {timeout};"
            f"do {body};"
            f"set local statement_timeout = 0;{after}"
        )
    except errors.LockNotAvailable:
        raise LockBusyError(list(relations)) from None
    except errors.QueryCanceled as error:
        if "statement timeout" not in str(error):
            raise
        raise LockBusyError(list(relations)) from None


def _describe(name: str | None, user: str | None, state: str | None, since: str | None) -> str:
    """What is known of a session; Postgres hides what other roles' sessions do."""
    return ", ".join(
        [
            f"application {name}" if name else "application without a name",
            *([f"user {user}"] if user else []),
            state or "its state is hidden from this role",
            *([f"since {since}"] if since else []),
        ]
    )


def _read_holders(cursor: Cursor, relations: Sequence[str]) -> tuple[str, bool]:
    """Say who holds locks on these relations, and whether all of them belong to this run."""
    cursor.execute(SET_OWN_PATH + _HOLDERS, (list(relations),))
    rows = cursor.fetchall()
    if not rows:
        return "a session that has let go of it since", False
    told = [
        f"backend {pid} ({_describe(name, user, state, since)}, on {tables})"
        if pid
        else f"a prepared transaction (on {tables})"
        for pid, name, user, state, since, _, tables in rows
    ]
    more = f" and {len(told) - 5} more" if len(told) > 5 else ""
    return " and ".join(told[:5]) + more, all(row[5] for row in rows)
