"""Whether a server says nothing any more: whoever asks it for more then waits as long as it does.

libpq waits without end for an answer on a connection that stays open, and while it asks for a
query to be cancelled not even a signal is seen. So a question is put first that every Postgres and
every pooler answers at once, before anybody logs in: whether it speaks TLS.
"""

from __future__ import annotations

import socket
import struct

import psycopg2

from staging_assets.postgres.driver import Connection

_DO_YOU_SPEAK_TLS = struct.pack("!ii", 8, 80877103)


_SOON = 1.0
"""Seconds in which a server that is well answers."""


def is_silent(connection: Connection, seconds: float = _SOON) -> bool:
    """Whether the server behind a connection lets this time pass without a word.

    A server that is gone, or refuses, is not silent. The waiting can be broken off by a signal.

    Args:
        connection: in any state; nothing is sent on it.
        seconds: how long to wait.
    """
    try:
        told = connection.info
        host = told.dsn_parameters.get("hostaddr") or told.host
        port = told.port
    except psycopg2.Error:
        return False
    try:
        with _open(host, port, seconds) as asking:
            asking.sendall(_DO_YOU_SPEAK_TLS)
            asking.recv(1)
    except (TimeoutError, BlockingIOError):  # so says a socket whose line is full
        return True
    except OSError:
        return False
    return False


def _open(host: str, port: int, seconds: float) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), seconds)
    asking = socket.socket(socket.AF_UNIX)
    asking.settimeout(seconds)
    try:
        asking.connect(f"{host}/.s.PGSQL.{port}")
    except BaseException:
        asking.close()
        raise
    return asking
