"""How every session begins: who answers, what can its server do, and the settings it works with.

All of it is one question. Behind a pooler that hands its server's sessions around, nothing is set:
it would stay with whoever comes next.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import psycopg2

from staging_assets.parser import quote_literal
from staging_assets.postgres.abilities.abilities import COLUMNS, Abilities
from staging_assets.postgres.abilities.found import read_abilities
from staging_assets.postgres.driver import Connection
from staging_assets.settings import SessionSettings

_PINNED = {
    "standard_conforming_strings": "on",
    "client_min_messages": "notice",
}
_CHECK_INTERVAL = "client_connection_check_interval"

_TOLD: weakref.WeakKeyDictionary[Connection, str | None] = weakref.WeakKeyDictionary()
_SET: weakref.WeakKeyDictionary[Connection, Mapping[str, str]] = weakref.WeakKeyDictionary()


def choose_settings(sessions: SessionSettings, path: str) -> dict[str, str]:
    """What a session sets for itself on any server.

    Args:
        path: its `search_path`.
    """
    chosen = {
        "search_path": path,
        **_PINNED,
        "statement_timeout": sessions.statement_timeout,
        "lock_timeout": sessions.lock_timeout,
        "work_mem": sessions.work_mem,
        "maintenance_work_mem": sessions.maintenance_work_mem,
        # A run that was killed must not leave its query behind.
        _CHECK_INTERVAL: "2s",
    }
    return {name: value for name, value in chosen.items() if value is not None}


def run_begin(connection: Connection, settings: dict[str, str], also: str) -> tuple[int, Abilities]:
    """Ask a new session who it is, and set what is to be set if it is one of its own.

    Args:
        connection: in autocommit mode, outside a transaction: so that the settings stay.
        settings: name to value; one that the server cannot have is taken out.
        also: a value to ask for then; see `find_told`.

    Returns the number of the process that answers, and what its server can do.
    """
    mine = int(connection.info.backend_pid)
    try:
        row = _ask(connection, mine, settings, also)
    except psycopg2.errors.InvalidParameterValue as error:
        # Some systems (macOS among them, in older servers) cannot look at a client's socket.
        if _CHECK_INTERVAL not in str(error):
            raise
        del settings[_CHECK_INTERVAL]
        row = _ask(connection, mine, settings, also)
    process, told, *answer = row
    abilities = read_abilities(answer)
    if told is not None:
        _SET[connection] = dict(settings)
        _TOLD[connection] = told[-1]
    return process, abilities


def run_set(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set what of these is not set yet, outside a transaction, so that it stays."""
    known = _SET.get(connection, {})
    new = {name: value for name, value in settings.items() if known.get(name) != value}
    if new:
        with connection.cursor() as cursor:
            cursor.execute(f"select {_spell(new)}")
    _SET[connection] = {**known, **new}


def find_told(connection: Connection, also: str) -> str | None:
    """The answer to what a new session was also asked, as text; asked now, if it was not then."""
    if connection not in _TOLD:
        with connection.cursor() as cursor:
            cursor.execute(f"select ({also})::pg_catalog.text")
            row = cursor.fetchone()
        _TOLD[connection] = row[0] if row else None
    return _TOLD[connection]


def find_set(connection: Connection) -> Mapping[str, str]:
    """What a session has set for itself when it began."""
    return _SET.get(connection, {})


def _ask(
    connection: Connection, mine: int, settings: Mapping[str, str], also: str
) -> tuple[Any, ...]:
    process = "pg_catalog.pg_backend_pid()"
    told = f"array[{_spell(settings)}, ({also})::pg_catalog.text]"
    told = f"case when {process} operator(pg_catalog.=) {mine} then {told} end"
    with connection.cursor() as cursor:
        cursor.execute(f"select {process}, {told}, {COLUMNS}")
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)


def _spell(settings: Mapping[str, str]) -> str:
    return ", ".join(
        f"pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, false)"
        for name, value in settings.items()
    )
