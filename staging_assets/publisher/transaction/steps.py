"""Statements with their labels, and running them in the short transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import psycopg2
from psycopg2 import errors
from psycopg2.errorcodes import DUPLICATE_OBJECT, DUPLICATE_TABLE

from staging_assets.errors import BuildError, NameTakenError
from staging_assets.model import Relation
from staging_assets.postgres import (
    SET_LOCAL_USERS_PATH,
    Connection,
    Cursor,
    find_safe_detail,
    find_safe_text,
)
from staging_assets.publisher.transaction.autocommit import in_autocommit
from staging_assets.publisher.transaction.brief_locks import LockBusyError


class Step(NamedTuple):
    """One statement of a publication, and what it is about, for people."""

    label: str
    statement: str


_RETRIED = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


class StepError(Exception):
    """A statement failed on the server; `step` is None when several were sent together."""

    def __init__(self, error: psycopg2.Error, step: Step | None) -> None:
        self.error = error
        self.step = step
        super().__init__()


def run_steps(
    cursor: Cursor, steps: Sequence[Step], *, singly: bool, relations: Sequence[str]
) -> None:
    """Run the statements, all in one round trip or one by one.

    Args:
        relations: what they may have to lock, to find out who is in the way.

    Raises LockBusyError, or StepError with the statement that failed if they run one by one.
    """
    parts: list[tuple[Step | None, str]] = [(step, step.statement) for step in steps]
    if not singly and steps:
        parts = [(None, ";\n".join(step.statement for step in steps))]
    for step, statement in parts:
        try:
            cursor.execute(statement)
        except _RETRIED:
            raise LockBusyError(relations) from None
        except psycopg2.Error as error:
            if cursor.connection.closed or isinstance(error, errors.QueryCanceled):
                raise
            raise StepError(error, step) from None


def run_analyze(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Analyze tables, after the transaction that published them.

    Args:
        connection: not in a transaction.
        tables: as SQL.

    Returns a sentence for each for which that failed.
    """
    sentences = []
    with in_autocommit(connection), connection.cursor() as cursor:
        for table in tables:
            try:
                cursor.execute(f"{SET_LOCAL_USERS_PATH}analyze {table}")
            except psycopg2.Error as error:
                if connection.closed:
                    raise
                sentences.append(f"{table}: it was not analyzed: {find_safe_text(error)}.")
    return sentences


def explain(failed: StepError, live: Relation) -> BuildError:
    """Say which part of the publication failed, and why."""
    taken = failed.error.pgcode in (DUPLICATE_TABLE, DUPLICATE_OBJECT)
    return (NameTakenError if taken else BuildError)(
        f"{live}: {describe(failed, ' does not fit the new table')}. The old table is as it was. "
        "Change or drop what hangs there, or correct the script, then build this again."
    )


def describe(failed: StepError, how: str = "") -> str:
    """What failed and why, in a line, without the contents of rows.

    Args:
        failed: the statement.
        how: what stands between the two.
    """
    error = failed.error
    what = failed.step.label if failed.step else "the new table"
    text = find_safe_text(error).rstrip(".")
    detail = find_safe_detail(error.diag.message_detail, error.pgcode)
    if detail:
        text = f"{text}: {' '.join(detail.split())}".rstrip(".")
    return f"{what}{how}: {text}"


def run_each(cursor: Cursor, steps: Sequence[Step], relations: Sequence[str]) -> list[str]:
    """Run statements one by one, whatever fails; return a line for each that did.

    Args:
        cursor: in a transaction.
        steps: what to run.
        relations: what they may have to lock.

    Raises LockBusyError.
    """
    failures = []
    for step in steps:
        cursor.execute("savepoint staging_assets_step")
        try:
            run_steps(cursor, [step], singly=True, relations=relations)
        except StepError as failed:
            failures.append(describe(failed))
            cursor.execute("rollback to savepoint staging_assets_step")
        cursor.execute("release savepoint staging_assets_step")
    return failures
