"""One run at a time on a schema: an advisory lock on a session of its own.

The lock dies with its session, so a killed run leaves nothing to clear away.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psycopg2

from staging_assets.errors import BusyError, DatabaseError
from staging_assets.parser import quote_literal
from staging_assets.postgres.abilities.abilities import refuse_reading_only
from staging_assets.postgres.client.presence import presence_sql
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.client.silence import is_silent
from staging_assets.postgres.driver import Connection
from staging_assets.postgres.messages.notices import Log

LOCK_SPACE = 0x57A61
"""The first key of a run's advisory lock; the second is a hash of the schema's name."""

WORKER_SPACE = 0x57A62
"""The first key of the lock that every worker of a run shares."""

_PAUSE = 0.5
_LEAVING = 0.5
"""Seconds that a session may take to end after its client has gone."""

_TAKE = "select pg_try_advisory_lock(%s, hashtext(%s))"

_HOLDER = """
select l.pid, a.application_name, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ')
from pg_locks as l
left join pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted
and l.database = (select oid from pg_database where datname = current_database())
and l.classid = %s::oid and l.objid = (hashtext(%s)::bigint & 4294967295)::oid and l.objsubid = 2
"""
_OF_WORKERS = """
from pg_locks as l
where l.locktype = 'advisory' and l.classid = %s::oid and l.objsubid = 2
and l.objid = (hashtext(%s)::bigint & 4294967295)::oid
and l.database = (select oid from pg_database where datname = current_database())
"""
_ORPHANS = f"select count(pg_terminate_backend(l.pid)) {_OF_WORKERS}"
_PATIENCE = 10.0


def worker_lock_sql(schema: str) -> str:
    """SQL by which a worker says that it works on a schema; it never waits."""
    return f"select pg_advisory_lock_shared({WORKER_SPACE}, hashtext({quote_literal(schema)}))"


def has_orphans_sql(schema: str) -> str:
    """A condition: a killed run has left sessions that still work; see `run_end_orphans`."""
    return f"exists (select {_OF_WORKERS % (WORKER_SPACE, quote_literal(schema))})"


def run_end_orphans(connection: Connection, schema: str) -> None:
    """End the sessions that a killed run has left: what they still do would come after us.

    Args:
        connection: of the run that holds the schema, before it has workers.

    Raises DatabaseError when they do not end.
    """
    deadline = time.monotonic() + _PATIENCE
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_ORPHANS, (WORKER_SPACE, schema))
            row = cursor.fetchone()
            if row == (0,):
                return
            if time.monotonic() > deadline:
                raise DatabaseError(
                    f"schema {schema}: {row and row[0]} sessions of an earlier run do not end. "
                    "End them (pg_stat_activity shows them as staging_assets), then build again."
                )
            time.sleep(0.05)


def find_running(connection: Connection, schema: str) -> str | None:
    """The run that holds a schema, as people are told of it; None when there is none.

    Args:
        connection: of somebody else, in any state in which a query can be sent.
        schema: its name.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER, (LOCK_SPACE, schema))
        holder = cursor.fetchone()
    return None if holder is None else _say_holder(*holder)


def _say_holder(pid: int | None, name: str | None, since: str | None) -> str:
    """`run nightly (server process 4711, since ...)`."""
    parts = (name or "").split(" ")
    run = parts[1] if len(parts) > 2 and parts[0] == "staging_assets" else name
    # What the server hides of other roles' sessions is left out.
    begun = f", since {since}" if since else ""
    return f"{f'run {run}' if run else 'a session'} (server process {pid}{begun})"


class SchemaLock:
    """Holds a schema for one run. A context manager; `connection` is free for short queries.

    Args:
        server: where the schema is.
        schema: its name.
        run_id: shown to whoever comes second.
        wait: seconds to wait for another run to end; 0 stops at once.
        log: level and message.
        cancelled: ends the waiting when it is set.

    Raises BusyError naming the other run, its process and since when it runs, DatabaseError where
    nothing can be written.
    """

    def __init__(
        self,
        server: Server,
        schema: str,
        run_id: str,
        *,
        wait: float,
        log: Log,
        cancelled: threading.Event,
    ) -> None:
        self._server = server
        self._schema = schema
        self._key = (LOCK_SPACE, schema)
        self._run_id = run_id
        self._wait = wait
        self._log = log
        self._cancelled = cancelled
        self.was_lost = False
        self.distance = 0.0
        """Seconds that the server took for a question of which it need not think."""
        self.connection: Connection = self._take()

    def _take(self) -> Connection:
        connection = self._server.connect_own(f"{self._run_id} lock")
        try:
            refuse_reading_only(connection, self._server)
            deadline = time.monotonic() + self._wait
            leaving = time.monotonic() + _LEAVING
            told = False
            # Shown again, when the session was lost and the lock is taken again.
            before = f"{presence_sql(self._run_id)};".replace("%", "%%")
            while True:
                with connection.cursor() as cursor:
                    asked = time.monotonic()
                    cursor.execute(before + _TAKE, self._key)
                    self.distance, before = time.monotonic() - asked, ""
                    if cursor.fetchone() == (True,):
                        return connection
                    cursor.execute(_HOLDER, self._key)
                    holder = cursor.fetchone()
                if (holder is None or holder[1] is None) and time.monotonic() < leaving:
                    time.sleep(_LEAVING / 20)
                    continue
                if time.monotonic() >= deadline or self._cancelled.is_set():
                    raise BusyError(self._say(holder))
                if not told:
                    self._log("warning", f"waiting up to {self._wait:.0f} s: {self._say(holder)}")
                    told = True
                self._cancelled.wait(min(_PAUSE, max(0.0, deadline - time.monotonic())))
        except BaseException:
            connection.close()
            raise

    def _say(self, holder: tuple[int | None, str | None, str | None] | None) -> str:
        if holder is None or holder[0] is None:
            who = "another run, which has ended since"
        else:
            pid, name, since = holder
            who = _say_holder(pid, name, since)
        return (
            f"schema {self._schema}: {who} holds it. "
            "Wait until it has ended, or set STAGING_WAIT_FOR_LOCK to wait for it."
        )

    def check(self) -> None:
        """Make sure that the lock is still held; take it again when its session was lost.

        A server that says nothing for a while counts as lost: nobody knows how long it would take.

        Raises BusyError when another run has taken it meanwhile, DatabaseError when the server
        cannot be reached.
        """
        try:
            if not self.connection.closed and is_silent(self.connection, _PATIENCE):
                self.connection.close()
            if not self.connection.closed:
                with self.connection.cursor() as cursor:
                    cursor.execute("select 1")
                return
        except psycopg2.Error:
            self.connection.close()
        self.was_lost = True
        self._log("warning", f"schema {self._schema}: the session of the run's lock was lost")
        deadline = time.monotonic() + self._server.patience
        while True:
            try:
                self.connection = self._take()
                return
            except DatabaseError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    def __enter__(self) -> SchemaLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.connection.closed:
            return
        try:
            # The end of the session does it too, but a moment later.
            with self.connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, hashtext(%s))", self._key)
        except psycopg2.Error:
            pass
        finally:
            self.connection.close()
