"""`staging-assets db`: get at the database, and start or stop the embedded server."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime, timezone

import click

from staging_assets.errors import DatabaseError
from staging_assets.postgres import (
    EmbeddedServer,
    find_psql,
    find_public_dsn,
    find_server,
    find_variables,
)
from staging_assets.settings import Settings, read_settings

EXIT_STOPPED = 3
"""Of `status`, as the `status` commands of services have it."""


@click.group()
def db() -> None:
    """The database: url, psql, start, stop, status."""


@db.command()
def url() -> int:
    """Print the URL, without a password; starts the embedded server.

    Libpq takes a password from PGPASSWORD or ~/.pgpass.
    """
    dsn = find_public_dsn(find_server(read_settings(os.environ).postgres))
    if not dsn:
        raise DatabaseError(
            "db url: the PG* variables name the database, and there is no URL. "
            "Programs that use libpq read these variables themselves."
        )
    print(dsn)
    return 0


@db.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: Sequence[str]) -> int:
    """Open psql; starts the embedded server; what follows goes to psql."""
    server = find_server(read_settings(os.environ).postgres)
    command = [str(find_psql()), *arguments]
    environment = {**os.environ, **find_variables(server)}
    return subprocess.run(command, check=False, env=environment).returncode


@db.command()
def start() -> int:
    """Start the embedded server; it stays up."""
    settings = _read_embedded("start")
    began = time.monotonic()
    server = EmbeddedServer(settings.home).start()
    print(f"running in {settings.home} ({time.monotonic() - began:.1f} s): {server.dsn}")
    return 0


@db.command()
def stop() -> int:
    """Stop the embedded server."""
    settings = _read_embedded("stop")
    stopped = EmbeddedServer(settings.home).stop()
    print(f"{'stopped' if stopped else 'it does not run'}: {settings.home}")
    return 0


@db.command()
def status() -> int:
    """Say whether the embedded server runs; exit code 3 when it does not."""
    settings = _read_embedded("status")
    status = EmbeddedServer(settings.home).status()
    print(f"{status.state}: {settings.home}")
    if status.state != "absent":
        print(f"data:    {status.data}")
        print(f"log:     {status.log}")
    if status.started is not None:
        since = datetime.fromtimestamp(status.started, timezone.utc).isoformat(" ", "seconds")
        print(f"process: {status.pid}, since {since}")
    if status.url is not None:
        print(f"url:     {status.url}")
    return 0 if status.state == "running" else EXIT_STOPPED


def _read_embedded(command: str) -> Settings:
    settings = read_settings(os.environ)
    if not settings.embedded:
        named = "STAGING_DATABASE_URL names" if settings.connection.url else "PG* variables name"
        raise DatabaseError(
            f"db {command}: {named} the database, so there is no embedded server. "
            "Unset it, or use the server's own tools."
        )
    return settings
