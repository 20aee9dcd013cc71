"""One worker's session: its connection, its transactions, and how a script runs on it.

The connection is in autocommit mode and transactions are begun in SQL, so that several steps can
go in one round trip. Nothing is sent once `stop` is set.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as Connection  # noqa: N812

from staging_assets.errors import StagingError
from staging_assets.postgres.notices import Log, Notices
from staging_assets.postgres.server import Server
from staging_assets.postgres.shape import PREPARE
from staging_assets.postgres.spelling import spell_text
from staging_assets.postgres.sqlerrors import SentText, find_statement_place, script_error
from staging_assets.project.model import Relation, Script
from staging_assets.project.sql import Statement, find_statements
from staging_assets.settings import SessionSettings

LONGEST_NAME = 63

# Statements of which psycopg2's notices and Postgres's error positions need no line of their own:
# a script of nothing else goes to the server as one text.
_PLAIN = re.compile(
    r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
    r"(?:create\s+(?:unlogged\s+)?(?:table|(?:unique\s+)?index|sequence)|drop|comment|alter)\b",
    re.IGNORECASE | re.DOTALL,
)
_AS_QUERY = re.compile(r"\bas\s*[\s(](?:select|with|values|table|execute)\b", re.IGNORECASE)
_DROP = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*drop\b", re.IGNORECASE | re.DOTALL)

_CASCADE = re.compile(r"\bcascade(\s*;?\s*)\Z", re.IGNORECASE)

_PREPARES = re.compile(r"\bprepare\b", re.IGNORECASE)
_DEALLOCATE = """
do $$
declare
    prepared text;
begin
    for prepared in select name from pg_prepared_statements where name !~ '^staging_assets' loop
        execute format('deallocate %I', prepared);
    end loop;
end
$$;
"""


class CancelledError(StagingError):
    """The run was told to stop."""


@dataclass(frozen=True)
class Outcome:
    """What a statement of a script did.

    Args:
        status: the command tag, such as `INSERT 0 5`.
        rows: how many rows it touched; -1 when that has no meaning.
    """

    status: str
    rows: int


class Session:
    """A connection that builds one node after the other.

    Args:
        server: where to connect; the connection is opened on first use.
        run_id: shown in the application name.
        sessions: settings of the session.
        stop: set when the run ends early.
        log: level and message.
        number: tells the sessions of one run apart.
        functions: scripts of stored procedures, to find lines of functions in which errors occur.
        stands: empty tables in the build schema that foreign keys are made against.
    """

    def __init__(
        self,
        server: Server,
        run_id: str,
        sessions: SessionSettings,
        stop: threading.Event,
        log: Log,
        *,
        number: int = 0,
        functions: Sequence[Script] = (),
    ) -> None:
        self.server = server
        self.run_id = run_id
        self.sessions = sessions
        self.stop = stop
        self.log = log
        self.notices = Notices(log)
        self._functions = functions
        self._connection: Connection | None = None
        self._pins = self._naming = self._pending = ""
        self.number = number
        self.stands: dict[Relation, Relation] = {}
        self._stand_count = 0
        self._prepares = False

    def next_stand(self) -> str:
        """A name for a stand-in table that no other session uses."""
        self._stand_count += 1
        return f"__stand_{self.number}_{self._stand_count}"

    @property
    def connection(self) -> Connection:
        """The connection, as scripts should find it."""
        connection = self._open()
        if self._pending:
            with connection.cursor() as cursor:
                cursor.execute(self._pending)
            self._pending = ""
        return connection

    def _open(self) -> Connection:
        """The connection; opened when there is none, or the last one was lost."""
        if self._connection is None or self._connection.closed:
            self.check()
            name = _find_application_name(self.run_id, "worker")
            connection = self.server.connect(name, sessions=self.sessions, autocommit=True)
            connection.notices = self.notices  # type: ignore[assignment]
            self._connection = connection
            # The last ones may have been lost with the server: their commits were not waited for.
            self.stands.clear()
            with connection.cursor() as cursor:
                # Intermediate commits need no flush each: the run ends with one.
                cursor.execute("set synchronous_commit to off")
                cursor.execute(
                    "select name, current_setting(name) from pg_settings where source = 'session'"
                    " and name not in ('application_name', 'client_encoding')"
                )
                self._pins = _build_pins(cursor.fetchall())
                cursor.execute(PREPARE)
        return self._connection

    def begin(self, node: str) -> None:
        """Start on a node: forget what scripts before it have left in the session."""
        self.notices.begin(node)
        self._open()
        name = spell_text(_find_application_name(self.run_id, node))
        self._naming = f"select set_config('application_name', {name}, false)"
        reset = (
            "close all; unlisten *; discard temp; discard sequences;"
            "select pg_advisory_unlock_all();"
        )
        if self._prepares:
            # Not always: what our own modules have prepared is to stay.
            self._prepares = False
            reset += _DEALLOCATE
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

    def run(self, statement: str, arguments: Any = None) -> list[tuple[Any, ...]]:
        """Send one text of our own; return its rows (those of its last statement)."""
        self.check()
        with self._open().cursor() as cursor:
            if arguments is not None:
                statement = cursor.mogrify(statement, arguments).decode()
            cursor.execute(self._pending + statement)
            self._pending = ""
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def transaction(self, first: str = "") -> Iterator[None]:
        """A transaction: committed at the end, rolled back by whatever is raised.

        Args:
            first: a statement to send along with BEGIN.
        """
        self.run(f"begin;{first}")
        try:
            yield
            self.check()
        except BaseException:
            self.rollback()
            raise
        self.run("commit")

    def rollback(self) -> None:
        """Roll back whatever is open; says nothing when the connection is lost."""
        connection = self._connection
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
        """Ask the server to cancel what runs now. May be called from another thread."""
        connection = self._connection
        if connection is not None and not connection.closed:
            try:
                connection.cancel()
            except psycopg2.Error:
                return

    @property
    def backend(self) -> int | None:
        """The server process of the connection, if there is one."""
        connection = self._connection
        if connection is None or connection.closed:
            return None
        return connection.info.backend_pid

    def run_script(
        self, script: Script, rewritten: SentText, *, todo: str | None = None
    ) -> list[Outcome]:
        """Run a script statement by statement, inside the transaction that is open.

        Raises ScriptError in the script's own coordinates.
        """
        statements = find_statements(rewritten.text)
        self._prepares = self._prepares or _PREPARES.search(rewritten.text) is not None
        if len(statements) > 2 and all(map(_is_plain, statements)):
            return self._run_at_once(script, rewritten, statements, todo)
        return [self.run_statement(script, rewritten, s, todo=todo) for s in statements]

    def _run_at_once(
        self, script: Script, rewritten: SentText, statements: list[Statement], todo: str | None
    ) -> list[Outcome]:
        """Send a whole script in one round trip; again in parts if it fails without a position."""
        self.check()
        self.notices.at(script.label, quiet=True)
        before = "savepoint script;"
        text = f"{before}{_spare(rewritten.text, statements)}\n;release savepoint script"
        connection = self.connection
        failure: psycopg2.Error | None = None
        try:
            with connection.cursor() as cursor:
                cursor.execute(text)
        except psycopg2.Error as error:
            failure = error
        if failure is None:
            return []
        self.check()
        if self.connection_lost or failure.diag.statement_position:
            raise script_error(failure, script, rewritten, -len(before), todo=todo)
        self.run("rollback to savepoint script")
        return [self.run_statement(script, rewritten, s, todo=todo) for s in statements]

    @property
    def connection_lost(self) -> bool:
        """Whether the connection has been closed under us."""
        return self._connection is None or bool(self._connection.closed)

    def run_statement(
        self,
        script: Script,
        rewritten: SentText,
        statement: Statement,
        *,
        todo: str | None = None,
        cascade: bool = False,
    ) -> Outcome:
        """Run one statement of a script.

        Args:
            cascade: whether a DROP ... CASCADE may take along what hangs on the dropped. If not,
                it runs as if CASCADE were not there, and what hangs there makes it fail.
        """
        self.check()
        place = find_statement_place(script, rewritten, statement.offset)
        quiet = _DROP.match(statement.text) is not None
        self.notices.at(f"{script.label}:{place.line}", quiet=quiet)
        failure: psycopg2.Error | None = None
        try:
            with self.connection.cursor() as cursor:
                # Without arguments, so that psycopg2 leaves every % alone.
                cursor.execute(statement.text if cascade else _spare_dependents(statement.text))
                return Outcome(cursor.statusmessage or "", cursor.rowcount)
        except psycopg2.Error as error:
            failure = error
        # Raised outside the handler: no traceback leads to the original and its DETAIL.
        self.check()
        raise script_error(
            failure, script, rewritten, statement.offset, functions=self._functions, todo=todo
        )

    def check(self) -> None:
        """Raise CancelledError when the run was told to stop."""
        if self.stop.is_set():
            raise CancelledError("the run was cancelled")


def _is_plain(statement: Statement) -> bool:
    """Whether nothing of a statement but its success matters."""
    text = statement.text
    return _PLAIN.match(text) is not None and _AS_QUERY.search(text) is None


def _spare_dependents(statement: str) -> str:
    """A DROP without its CASCADE; blanks in its place keep every position."""
    if _DROP.match(statement) is None:
        return statement
    return _CASCADE.sub(lambda found: " " * len("cascade") + found[0][len("cascade") :], statement)


def _spare(text: str, statements: list[Statement]) -> str:
    for statement in statements:
        spared = _spare_dependents(statement.text)
        if spared != statement.text:
            end = statement.offset + len(statement.text)
            text = text[: statement.offset] + spared + text[end:]
    return text


def _find_application_name(run_id: str, node: str) -> str:
    """`staging_assets <run> <node>` within Postgres's 63 bytes; the run id is cut before it."""
    name = f"staging_assets {run_id} {node}"
    if len(name.encode()) > LONGEST_NAME:
        name = f"staging_assets {run_id[:8]} {node}"
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")


def _build_pins(settings: Iterable[tuple[str, str]]) -> str:
    """SQL that brings a session back to the settings it began with."""
    parts = [
        f"set_config({spell_text(name)}, {spell_text(value)}, false)" for name, value in settings
    ]
    return f"reset session authorization; reset all; select {', '.join(parts)};"
