"""`staging-assets db`: get at the database, and start or stop the embedded server."""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from staging_assets.errors import DatabaseError
from staging_assets.postgres import (
    EmbeddedServer,
    find_psql,
    find_public_dsn,
    find_server,
    find_variables,
)
from staging_assets.settings import Settings, read_settings

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_STOPPED = 3
"""Of `status`, as the `status` commands of services have it."""


def add_db_commands(subparsers: Subparsers) -> None:
    """Add `db` and its commands; each sets `run`: the options in, the exit code out."""
    text = "the database: url, psql, start, stop, status"
    parser = subparsers.add_parser("db", help=text, description=text)
    commands = parser.add_subparsers(dest="db_command", required=True, metavar="COMMAND")
    for name, run, text in (
        ("url", run_url, "print the URL of the database; starts the embedded server"),
        ("psql", run_psql, "open psql; starts the embedded server; what follows goes to psql"),
        ("start", run_start, "start the embedded server; it stays up"),
        ("stop", run_stop, "stop the embedded server"),
        ("status", run_status, f"say whether it runs; exit code {EXIT_STOPPED} when it does not"),
    ):
        if name == "psql":
            # With no character that begins an option here, all options are psql's.
            command = commands.add_parser(
                name, help=text, description=text, add_help=False, prefix_chars="\0"
            )
            command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...")
        else:
            command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)


def run_url(options: argparse.Namespace) -> int:
    """Print the URL, without a password: libpq takes that from PGPASSWORD or ~/.pgpass."""
    dsn = find_public_dsn(find_server(read_settings(os.environ).postgres))
    if not dsn:
        raise DatabaseError(
            "db url: the PG* variables name the database, and there is no URL. "
            "Programs that use libpq read these variables themselves."
        )
    print(dsn)
    return 0


def run_psql(options: argparse.Namespace) -> int:
    """Open psql on the database, and return its exit code."""
    server = find_server(read_settings(os.environ).postgres)
    command = [str(find_psql()), *options.arguments]
    environment = {**os.environ, **find_variables(server)}
    return subprocess.run(command, check=False, env=environment).returncode


def run_start(options: argparse.Namespace) -> int:
    """Start the embedded server."""
    settings = _read_embedded("start")
    began = time.monotonic()
    server = EmbeddedServer(settings.home).start()
    print(f"running in {settings.home} ({time.monotonic() - began:.1f} s): {server.dsn}")
    return 0


def run_stop(options: argparse.Namespace) -> int:
    """Stop the embedded server."""
    settings = _read_embedded("stop")
    stopped = EmbeddedServer(settings.home).stop()
    print(f"{'stopped' if stopped else 'it does not run'}: {settings.home}")
    return 0


def run_status(options: argparse.Namespace) -> int:
    """Say what is known of the embedded server."""
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
