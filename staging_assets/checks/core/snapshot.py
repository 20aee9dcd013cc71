"""Reading for checks: in one snapshot, without writing, and with failures kept apart."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from staging_assets.errors import DatabaseError
from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import AskNaming, Naming
from staging_assets.postgres import (
    Connection,
    ServerRoutines,
    find_safe_text,
    find_waiting,
    send_ahead,
    take_back,
)

_MINDED = ("57014", "40001", "40P01")
"""Cancelled, serialization failure, deadlock: the caller's to deal with, not the check's."""

GONE = ("XX000", "42P01", "42704")
"""What Postgres says of something that others dropped after the query had begun: an internal
error, an undefined table, an undefined object."""
PAUSES = (0.05, 0.1, 0.2)
"""Seconds before what is wrong is looked at again in a new snapshot: beside a build, a table
changes places in less."""


_ATTEMPT, _ROLLBACK = "staging_attempt", "rollback"
_LAZY: weakref.WeakSet[Connection] = weakref.WeakSet()

T = TypeVar("T")


class ChangedMeanwhileError(DatabaseError):
    """Something was replaced while it was read, time and again."""

    def __init__(self) -> None:
        super().__init__(
            "the catalog: tables are replaced while they are read. "
            "Check again when the build that runs has ended."
        )


def describe_error(error: psycopg2.Error, text: str = "") -> str:
    """Postgres' own words in one line, without any value of a row.

    Args:
        error: as psycopg2 raised it.
        text: the statement; literals that stand in it may be shown.
    """
    said = " ".join(find_safe_text(error, text).split())
    return f"{said} ({error.pgcode})" if error.pgcode else said


def raise_unless_ours(connection: Connection, error: psycopg2.Error) -> None:
    """Raise what is no failure of a check: a lost connection, a cancelled query, a retry."""
    timed_out = error.pgcode == "57014" and "statement timeout" in str(error)
    if connection.closed or (error.pgcode in _MINDED and not timed_out):
        raise error


def can_look_again(connection: Connection) -> bool:
    """Whether a new snapshot can be had: we are inside nobody's transaction."""
    waiting = find_waiting(connection)
    if waiting:
        return waiting == f"{_ROLLBACK};"
    return connection.info.transaction_status == TRANSACTION_STATUS_IDLE


def read_settled(connection: Connection, read: Callable[[], T]) -> T:
    """Read in one snapshot (see `reading`); what others drop in the middle is read in a new one.

    Args:
        connection: as `reading` takes it. In somebody's transaction it is tried once.
        read: asks the server; it may raise ChangedMeanwhileError.
    """
    for pause in (*PAUSES, 0.0) if can_look_again(connection) else (0.0,):
        try:
            with reading(connection):
                return read()
        except ChangedMeanwhileError:
            if not pause:
                raise
        except psycopg2.Error as error:
            raise_unless_ours(connection, error)
            if error.pgcode not in GONE or not pause:
                raise
        time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def find_asking(connection: Connection, schema: str, schemas: SchemaNames) -> AskNaming:
    """What `rewrite` asks of the server's routines, each of them once, in a snapshot of its own.

    Args:
        connection: where the routines are.
        schema: the schema's real name.
        schemas: what scripts call it.
    """
    routines = ServerRoutines(schema, schemas)

    def ask(called: Collection[Relation]) -> Naming:
        with reading(connection):
            return routines.find(connection, called)

    return ask


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """Read in one snapshot where we may begin the transaction, else inside the one at hand.

    What begins it goes along with the first question. A question that fails is to be asked in
    `attempt`.
    """
    if not can_look_again(connection):
        begin = "savepoint staging_checks; set local transaction_read_only = on"
        end = "rollback to staging_checks; release staging_checks"
    else:
        # The driver begins it, if not in autocommit mode.
        begins = "begin" if connection.autocommit else "set transaction"
        begin = f"{begins} isolation level repeatable read, read only"
        end = "rollback" if connection.autocommit else ""
    begin = f"{begin}; savepoint {_ATTEMPT};"
    send_ahead(connection, begin)
    failed = True
    try:
        yield
        failed = False
    finally:
        if not connection.closed and not take_back(connection, begin):
            if not end:
                connection.rollback()
            elif end == _ROLLBACK and not failed and connection in _LAZY:
                send_ahead(connection, f"{_ROLLBACK};")
            else:
                with connection.cursor() as cursor:
                    cursor.execute(end)


@contextmanager
def ending_lazily(connection: Connection) -> Iterator[None]:
    """Let the transactions of `reading` end with the message after them, for a while.

    Args:
        connection: of our own, in autocommit mode, on which something is asked all the time.
    """
    _LAZY.add(connection)
    try:
        yield
    finally:
        _LAZY.discard(connection)
        waiting = f"{_ROLLBACK};"
        if not connection.closed and take_back(connection, waiting):
            with connection.cursor() as cursor:
                cursor.execute(waiting)


@contextmanager
def attempt(connection: Connection) -> Iterator[None]:
    """Keep a failure from ending the transaction that `reading` has begun; it costs no message."""
    try:
        yield
    except psycopg2.Error:
        if not connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"rollback to savepoint {_ATTEMPT}")
        raise


@contextmanager
def rolled_back(connection: Connection) -> Iterator[None]:
    """Run a transaction of an idle connection that leaves nothing behind."""
    with connection.cursor() as cursor:
        # In autocommit mode psycopg2 sends no BEGIN of its own, and otherwise it does.
        if connection.autocommit:
            cursor.execute("begin")
        try:
            yield
        finally:
            if connection.closed:
                pass
            elif connection.autocommit:
                cursor.execute("rollback")
            else:
                connection.rollback()


@contextmanager
def taken_back(connection: Connection) -> Iterator[None]:
    """Run a part of a transaction of which nothing stays: neither what it did nor its locks."""
    with connection.cursor() as cursor:
        cursor.execute("savepoint staging_trial")
        try:
            yield
        finally:
            if not connection.closed:
                cursor.execute("rollback to staging_trial; release staging_trial")


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Keep a failure from ending the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("savepoint staging_check")
        try:
            yield
        except psycopg2.Error:
            if not connection.closed:
                cursor.execute("rollback to staging_check; release staging_check")
            raise
        cursor.execute("release staging_check")
