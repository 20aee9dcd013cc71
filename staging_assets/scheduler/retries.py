"""Try again what trying again can mend: deadlocks, serialization failures, a lost connection."""

from __future__ import annotations

import random
import re

import psycopg2

from staging_assets.builder import InCleanupError, UnrepeatableError
from staging_assets.errors import BuildError, DatabaseError, ScriptError

MOST_TRIES = 5

_CODE = re.compile(r"SQLSTATE (\w{5})")

_CATALOG = re.compile(r'"pg_(?:class_relname|type_typname)_nsp_index"')

_GONE = re.compile(r"could not open relation with OID|cache lookup failed for")

_MENDABLE = {
    "40P01": "a deadlock",
    "40001": "a serialization failure",
    "57P01": "the server ended the session",
    "57P02": "the server crashed",
    "57P03": "the server is starting or stopping",
    "08000": "the connection was lost",
    "08003": "the connection was lost",
    "08006": "the connection was lost",
}


def find_mendable(error: BaseException, *, connection_lost: bool) -> str | None:
    """What happened, in words, when another try may go well; None when it will not.

    Args:
        error: what a build raised.
        connection_lost: whether its connection is closed.
    """
    cause = error.cause if isinstance(error, InCleanupError) else error
    if isinstance(cause, UnrepeatableError):
        return None
    return _find_reason(cause, connection_lost=connection_lost)


def _find_reason(error: BaseException, *, connection_lost: bool) -> str | None:
    sqlstate = None
    if isinstance(error, psycopg2.Error):
        sqlstate = error.pgcode
    elif isinstance(error, ScriptError):
        sqlstate = error.sqlstate
    elif isinstance(error, BuildError):
        # A cleanup script's error came through Python, which leaves the code in the text.
        found = _CODE.search(str(error))
        sqlstate = found[1] if found else None
    if sqlstate in _MENDABLE:
        return _MENDABLE[sqlstate]
    if sqlstate == "23505" and _CATALOG.search(str(error)):
        # Postgres looks for a free name and then takes it: two may find the same one free.
        return "another table took the same generated name at the same moment"
    if sqlstate == "XX000" and _GONE.search(str(error)):
        return "what the catalog was asked about was dropped at the same moment"
    if connection_lost and isinstance(error, (psycopg2.Error, ScriptError, BuildError)):
        return "the connection was lost"
    if connection_lost and isinstance(error, DatabaseError):
        return "the server could not be reached"
    return None


def find_pause(tries: int) -> float:
    """Seconds to wait after that many tries: doubling, with some chance in it, at most 8."""
    return float(min(8.0, 0.25 * 2**tries)) * random.uniform(0.75, 1.25)  # noqa: S311
