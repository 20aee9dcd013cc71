"""Run a script in the transaction of a session, and tell its errors in its own coordinates."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import IO, Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from staging_assets.errors import ScriptError
from staging_assets.model import CopyData, Script
from staging_assets.parser import SentText, Statement, find_statement_place, find_statements
from staging_assets.postgres.client.session import Session
from staging_assets.postgres.client.untouched import check_untouched
from staging_assets.postgres.messages.errors import script_error

_LEAD = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
# Statements of which notices and errors need no line of their own: a script of nothing else goes
# to the server as one text.
_PLAIN = re.compile(
    _LEAD + r"(?:create\s+(?:unlogged\s+)?(?:table|(?:unique\s+)?index|sequence)"
    r"|drop|comment|alter)\b",
    re.IGNORECASE | re.DOTALL,
)
_AS_QUERY = re.compile(
    r"\bas\b(?:[\s(]|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values|table|execute)\b",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(_LEAD + r"drop\b", re.IGNORECASE | re.DOTALL)
_CASCADE = re.compile(r"\bcascade(?=\s*;?\s*\Z)", re.IGNORECASE)
_PREPARES = re.compile(r"\bprepare\b", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What a statement of a script did.

    Args:
        status: the command tag, such as `INSERT 0 5`.
        rows: how many rows it touched; -1 when that has no meaning.
    """

    status: str
    rows: int


def run_script(session: Session, script: Script, sent: SentText) -> list[Outcome]:
    """Run a script inside the transaction that is open.

    A DROP ... CASCADE runs as if CASCADE were not there, and fails when something hangs on what
    it drops.

    Returns what each statement did; nothing for a script that only defines tables, which goes to
    the server in one round trip.

    Raises ScriptError in the script's own coordinates.
    """
    statements = find_statements(sent.text)
    session.prepares = session.prepares or _PREPARES.search(sent.text) is not None
    if len(statements) > 2 and all(map(_is_plain, statements)):
        outcomes = _run_at_once(session, script, sent, statements)
    else:
        outcomes = [run_statement(session, script, sent, each) for each in statements]
    check_untouched(session, script.label)
    return outcomes


def run_definitions(
    session: Session, script: Script, sent: SentText, *, before: str, question: str
) -> list[tuple[Any, ...]] | None:
    """Run a script that only defines tables, and ask what it made, in one round trip.

    Args:
        before: statements of our own that go ahead of it.
        question: a query of our own.

    Returns the rows that answer; None when the script does more than define, or something failed:
    then nothing was done, and `run_script` does it or tells why it cannot be done.
    """
    statements = find_statements(sent.text)
    if not statements or not all(map(_is_plain, statements)):
        return None
    session.check()
    session.notices.at(script.label, quiet=True, script=sent.text)
    connection = session.open()
    parts = [
        session.lead(users=False),
        "savepoint script;",
        before,
        session.path.change_sql(users=True, anew=False),
        _spare(sent.text, statements),
        "\n;release savepoint script;",
        session.path.change_sql(users=False, anew=False),
        question,
    ]
    try:
        with connection.cursor() as cursor:
            cursor.execute("".join(parts))
            return cursor.fetchall()
    except psycopg2.Error:
        session.lose_path()
        session.check()
        if connection.info.transaction_status != TRANSACTION_STATUS_INERROR:
            raise
    session.rollback_to("script")
    return None


def _run_at_once(
    session: Session, script: Script, sent: SentText, statements: list[Statement]
) -> list[Outcome]:
    """Send a whole script in one round trip; again in parts if it fails without a position."""
    session.check()
    session.notices.at(script.label, quiet=True, script=sent.text)
    connection = session.open()
    before = f"{session.lead(users=True)}savepoint script;"
    text = f"{before}{_spare(sent.text, statements)}\n;release savepoint script"
    failure: psycopg2.Error | None = None
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
    except psycopg2.Error as error:
        failure = error
    if failure is None:
        return []
    session.check()
    if session.connection_lost or failure.diag.statement_position:
        raise script_error(failure, script, sent, 0, lead=len(before))
    session.rollback_to("script")
    return [run_statement(session, script, sent, statement) for statement in statements]


def run_statement(
    session: Session,
    script: Script,
    sent: SentText,
    statement: Statement,
    *,
    cascade: bool = False,
) -> Outcome:
    """Run one statement of a script.

    Args:
        cascade: whether a DROP ... CASCADE may take along what hangs on the dropped.

    Raises ScriptError in the script's own coordinates.
    """
    session.check()
    place = find_statement_place(script, sent, statement.offset)
    quiet = _DROP.match(statement.text) is not None
    where = f"{place.script.label}:{place.line}"
    session.notices.at(where, quiet=quiet, script=sent.text)
    connection = session.open()
    before = session.lead(users=True)
    failure: psycopg2.Error | None = None
    try:
        with connection.cursor() as cursor:
            # Without arguments, so that psycopg2 leaves every % alone.
            text = statement.text if cascade else _spare_dependents(statement.text)
            data = script.find_data(sent.source_offset(statement.offset)) if script.data else None
            if data is None:
                cursor.execute(before + text)
            else:
                with _open_data(data) as stream:
                    cursor.copy_expert(before + text, stream)
            return Outcome(cursor.statusmessage or "", cursor.rowcount)
    except psycopg2.Error as error:
        failure = error
    # Raised outside the handler: no traceback leads to the original and its DETAIL.
    session.check()
    raise script_error(
        failure,
        script,
        sent,
        statement.offset,
        lead=len(before),
        functions=session.functions,
        statement=statement.text,
        version=connection.server_version,
        shows_values=session.sessions.show_values,
    )


def _open_data(data: CopyData) -> IO[Any]:
    """What a COPY ... FROM STDIN reads."""
    if data.path is None:
        return io.StringIO(data.text or "")
    try:
        return data.path.open("rb")
    except OSError as error:
        reason = error.strerror
    raise ScriptError(f"{data.file.label}:{data.line}: {data.path} cannot be read: {reason}.")


def _is_plain(statement: Statement) -> bool:
    """Whether nothing of a statement but its success matters."""
    text = statement.text
    return _PLAIN.match(text) is not None and _AS_QUERY.search(text) is None


def _spare_dependents(statement: str) -> str:
    """A DROP without its CASCADE; blanks in its place keep every position."""
    if _DROP.match(statement) is None:
        return statement
    return _CASCADE.sub(" " * len("cascade"), statement)


def _spare(text: str, statements: list[Statement]) -> str:
    for statement in statements:
        spared = _spare_dependents(statement.text)
        if spared != statement.text:
            end = statement.offset + len(statement.text)
            text = text[: statement.offset] + spared + text[end:]
    return text
