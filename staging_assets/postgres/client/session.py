"""One worker's session: its connection, its transactions, and its settings.

Transactions are begun in SQL, so that steps can go in one round trip. Nothing is sent once `stop`
is set.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR

from staging_assets.errors import CancelledError, DatabaseError
from staging_assets.model import Relation, SchemaNames, Script
from staging_assets.parser import Naming, quote_literal
from staging_assets.postgres.client.paths import OWN_PATH, SET_OWN_PATH, SessionPath
from staging_assets.postgres.client.routines import ServerRoutines
from staging_assets.postgres.client.schema_lock import worker_lock_sql
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.client.session_state import (
    DEALLOCATE,
    find_application_name,
    run_prepare_worker,
)
from staging_assets.postgres.client.silence import is_silent
from staging_assets.postgres.driver import Connection
from staging_assets.postgres.messages.errors import find_safe_text
from staging_assets.postgres.messages.notices import Log, Notices
from staging_assets.settings import SessionSettings


class Session:
    """A connection that builds one node after the other.

    Args:
        server: where to connect; the connection is opened on first use.
        run_id: shown in the application name.
        sessions: settings of the session.
        stop: set when the run ends early.
        log: level and message.
        schema, schemas: the schema that is built; what scripts call it, and the sources'.
        number: tells the sessions of one run apart.
        functions: scripts of stored procedures, to find lines of functions in which errors occur.
        prepared: statements that every new connection prepares.
        prepares: whether a script may have prepared statements.
        stands: empty tables in the build schema that foreign keys are made against.
        led: what was sent ahead of the last message, along with it.
    """

    def __init__(
        self,
        server: Server,
        run_id: str,
        sessions: SessionSettings,
        stop: threading.Event,
        log: Log,
        *,
        schema: str,
        schemas: SchemaNames,
        number: int = 0,
        functions: Sequence[Script] = (),
        prepared: Sequence[str] = (),
    ) -> None:
        self.server, self.run_id, self.sessions = server, run_id, sessions
        self.stop = stop
        self.log = log
        texts = [function.text for function in functions]
        self.notices = Notices(log, texts, shows_values=sessions.show_values)
        self.functions = functions
        self._prepared = prepared
        self._connection: Connection | None = None
        self._silent: Connection | None = None  # known to be of a server that says nothing
        self._pins = self._naming = self._pending = self._last = ""
        self._ahead = ""  # of the transaction that is open, or begins with the next message
        self.led = ""
        self._claim = worker_lock_sql(schema)
        self.schemas = schemas
        self._routines = ServerRoutines(schema, schemas)
        self.number = number
        self.stands: dict[Relation, Relation] = {}
        self._stand_count = 0
        self._inside = False
        self.path = SessionPath(schemas, schema)
        self.prepares = False

    def next_stand(self) -> str:
        """A name for a stand-in table that no other session uses."""
        self._stand_count += 1
        return f"__stand_{self.number}_{self._stand_count}"

    @property
    def connection(self) -> Connection:
        """The connection, for what is our own: its `search_path` holds the catalogs alone."""
        return self._settle(users=False)

    @property
    def users_connection(self) -> Connection:
        """The connection, as scripts should find it."""
        return self._settle(users=True)

    def _settle(self, *, users: bool) -> Connection:
        connection = self.open()
        before = self.lead(users=users)
        if before:
            with connection.cursor() as cursor:
                cursor.execute(before)
        return connection

    def lead(self, *, users: bool) -> str:
        """Return what has to be sent ahead of the next statement, in the same message.

        Args:
            users: whether it is one of the users', and no statement of our own.
        """
        connection = self._connection
        if connection and connection.info.transaction_status == TRANSACTION_STATUS_INERROR:
            return ""  # nothing can be set until it is rolled back
        before = self.led = self._pending + self._ahead
        self._pending = self._ahead = ""
        return before + self.path.change_sql(users=users, anew=bool(before))

    def send_ahead(self, statement: str) -> None:
        """Send a statement of our own with whatever is sent next in this transaction."""
        self._ahead += f"{statement};"

    def lose_path(self) -> None:
        """Forget which path is set: something was rolled back, or may have set another."""
        self.path.is_own = None

    def open(self) -> Connection:
        """The connection; opened when there is none, or the last one was lost."""
        if self._connection is None or self._connection.closed:
            if self._inside:
                raise psycopg2.OperationalError("the connection was lost in a transaction")
            self.check()
            name = find_application_name(self.run_id, "worker")
            connection = self.server.connect(
                name, sessions=self.sessions, autocommit=True, path=OWN_PATH
            )
            connection.notices = self.notices  # type: ignore[assignment]
            self._connection = connection
            self.path.is_own = True
            self.stands.clear()  # lost with the server, perhaps: no commit was waited for
            self._pins = run_prepare_worker(connection, self._prepared)
        return self._connection

    def connect(self) -> None:
        """Open the connection when there is none; DatabaseError when nobody lets us in."""
        try:
            self.open()
        except psycopg2.Error as error:
            self.close()
            raise DatabaseError(f"{self.server}: {find_safe_text(error)}. Run again.") from None

    def begin(self, node: str) -> None:
        """Start on a node: forget what scripts before it have left in the session."""
        self.notices.begin(node)
        self.path.stand_first(None)
        self.open()
        name = quote_literal(find_application_name(self.run_id, node))
        self._naming = f"select pg_catalog.set_config('application_name', {name}, false)"
        reset = (
            f"{SET_OWN_PATH}close all; unlisten *; discard temp; discard sequences;"
            f"select pg_advisory_unlock_all(); {self._claim};"
        )
        if self.prepares:
            # Not always: what our own modules have prepared is to stay.
            self.prepares = False
            reset += DEALLOCATE
        self._pending = f"{reset}{self._pins}{self._naming};"

    def end(self) -> None:
        """End a node."""
        self.notices.at("")
        self.notices.end()

    def pin(self) -> None:
        """Put the session's settings back after a script may have changed them."""
        self.pin_later()
        self.run("")

    def pin_later(self) -> None:
        """Put the settings back together with whatever is sent next."""
        self._pending = f"{self._pins}{self._naming};"

    def run(
        self, statement: str, arguments: Any = None, *, users: bool = False
    ) -> list[tuple[Any, ...]]:
        """Send one text of our own; return its rows (those of its last statement).

        Args:
            users: whether it evaluates users' expressions, which need the path of scripts.
        """
        self.check()
        with self.open().cursor() as cursor:
            if arguments is not None:
                statement = cursor.mogrify(statement, arguments).decode()
            try:
                cursor.execute(self.lead(users=users) + statement)
            except psycopg2.Error:
                self.lose_path()
                raise
            return cursor.fetchall() if cursor.description else []

    def find_naming(self, called: Collection[Relation]) -> Naming:
        """What the server's routines do with their arguments; each is asked for once."""
        return self._routines.find(self.connection, called)

    def run_alone(self, statement: str) -> None:
        """Send a statement of our own that no other may go along with, such as VACUUM."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def rollback_to(self, savepoint: str, statement: str = "") -> None:
        """Go back to a savepoint, and send a statement of our own along."""
        with self.open().cursor() as cursor:
            cursor.execute(f"rollback to savepoint {savepoint}; {SET_OWN_PATH}{statement}")
        self.path.is_own = True

    @contextmanager
    def transaction(self, first: str = "", *, joined: bool = False) -> Iterator[None]:
        """A transaction, begun with `first`: committed at the end, rolled back when one raises.

        Args:
            joined: whether BEGIN goes with the block's first statement; until then none is open.
        """
        self.open()
        self.send_ahead(f"begin;{first}" if first else "begin")
        if not joined:
            self.run("")
        self._inside, self._last = True, ""
        stands = dict(self.stands)
        try:
            yield
            if self._inside:
                self.run(f"{self._last}commit")
        except BaseException:
            self.rollback()
            self.stands = stands  # those that were made meanwhile are gone
            raise
        finally:
            self._inside = False

    def send_last(self, statement: str) -> None:
        """Send a statement of our own with the COMMIT of this transaction."""
        self._last = f"{statement};"

    def run_last(self, statement: str) -> None:
        """Send a text that evaluates users' expressions as this transaction's last, with COMMIT."""
        self.run(f"{statement};{SET_OWN_PATH}{self._last}commit", users=True)
        self.path.is_own, self._inside = True, False

    def rollback(self) -> None:
        """Roll back whatever is open; says nothing when the connection is lost."""
        connection, self._ahead = self._connection, ""
        self.lose_path()
        if connection is None or connection.closed:
            return
        if connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute("rollback")
        except psycopg2.Error:
            connection.close()

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None and not self._connection.closed:
            self._connection.close()

    def cancel(self) -> None:
        """Ask the server to cancel what runs now, in any thread; a silent one would not answer."""
        connection = self._connection
        if connection is None or connection.closed or connection is self._silent:
            return
        if is_silent(connection):
            self._silent = connection
            return
        with suppress(psycopg2.Error):
            connection.cancel()

    @property
    def backend(self) -> int | None:
        """The server process of the connection, if there is one."""
        return None if self.connection_lost else self.open().info.backend_pid

    @property
    def connection_lost(self) -> bool:
        """Whether there is none any more."""
        return self._connection is None or bool(self._connection.closed)

    def check(self) -> None:
        """Raise CancelledError when the run was told to stop."""
        if self.stop.is_set():
            raise CancelledError("the run was cancelled")
