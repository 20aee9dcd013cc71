"""Whether the embedded server takes connections, and whether it is the right one."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg2

from staging_assets.errors import DatabaseError
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.cluster import DATABASE, SUPERUSER
from staging_assets.postgres.embedded.postmaster import PORT, read_postmaster

_PATIENCE = 5.0
"""A restart takes a second or two. It is on this machine: who waits longer waits in vain."""
_IF_GONE = "The embedded server has ended. Start it with: staging-assets db start; then run again."
_FULL = "too many clients|connection slots"
_WAITS = (
    "starting up|shutting down|recovery|not yet accepting"
    "|No such file|refused|closed the connection"
)


def find_answering(data: Path, log: Path) -> Server | None:
    """Return the server of a data directory when it takes connections.

    Args:
        data: the data directory.
        log: the server's log, for the error.

    Returns None when there is none, or it cannot answer yet. Raises DatabaseError when it
    answers with anything but a plea to wait.
    """
    postmaster = read_postmaster(data)
    if postmaster is None or postmaster.sockets is None or not postmaster.ready:
        return None
    host = quote(str(postmaster.sockets), safe="")
    server = Server(
        f"postgresql://{SUPERUSER}@/{DATABASE}?host={host}&port={PORT}",
        patience=_PATIENCE,
        if_gone=_IF_GONE,
    )
    try:
        # Not its own database, which somebody may have dropped, and without PGOPTIONS.
        with closing(
            psycopg2.connect(server.dsn, dbname="postgres", options="", connect_timeout=10)
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("show data_directory")
                row = cursor.fetchone()
    except psycopg2.OperationalError as error:
        if re.search(_FULL, str(error)):
            return server  # it runs, though nobody else is let in just now
        if re.search(_WAITS, str(error)):
            return None
        text = re.sub(r"\s+", " ", str(error)).strip()
        raise DatabaseError(f"the embedded server: {text}. See {log}.") from None
    # A copy of a home, pid file and all, would lead to the original's server.
    return server if row is not None and row[0] == str(data) else None
