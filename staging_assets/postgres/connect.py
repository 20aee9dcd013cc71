"""Which server to work with: the one that is named, else the embedded one."""

from __future__ import annotations

import platform
from dataclasses import replace
from hashlib import sha256

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.server import EmbeddedServer
from staging_assets.settings import Connects, is_elsewhere

__all__ = ["Server", "find_place", "find_server", "is_asleep"]


def find_server(postgres: Connects) -> Server:
    """Return the server that is named, else that of libpq's environment, else ours.

    The embedded server is made and started when it does not run yet. Nothing is connected to.
    A host elsewhere is asked for TLS unless something says how: `sslmode=require`.

    Args:
        postgres: what knows the connection, such as a `StagingSchema`'s `postgres`.

    Raises SettingsError when the connection cannot be told, DatabaseError when the embedded
    server cannot start.
    """
    connection = postgres.connection_settings()
    if connection.embedded:
        return replace(EmbeddedServer(connection.home).start(), sessions=connection.sessions)
    try:
        told = parse_dsn(connection.url or "")
        given = {**told, **connection.parameters}
        dsn = connection.url or ""
        if connection.parameters:
            dsn = make_dsn(dsn, **connection.parameters)
        if "sslmode" not in given and is_elsewhere(given.get("host") or given.get("hostaddr")):
            dsn = _add_tls(dsn)
    except psycopg2.Error:
        dsn = connection.url or ""  # the server's own message tells of it, without its text
    return Server(dsn, connection.sessions)


def is_asleep(postgres: Connects) -> bool:
    """Whether it is the embedded server, and that does not run: whoever connects would start it.

    Args:
        postgres: where the database is.

    Raises SettingsError when that cannot be told.
    """
    settings = postgres.connection_settings()
    return settings.embedded and EmbeddedServer(settings.home).status().state != "running"


def find_place(postgres: Connects) -> str:
    """A short hash of where a connection leads from here, without asking anybody.

    The same place is the same server, unless that has moved; two places may be one server, which is
    spelled otherwise or reached from another machine.

    Args:
        postgres: what knows the connection.

    Raises SettingsError when the connection cannot be told.
    """
    connection = postgres.connection_settings()
    try:
        told = {**parse_dsn(connection.url or ""), **connection.parameters}
    except psycopg2.Error:
        told = {"dsn": connection.url or ""}
    host = told.get("host") or told.get("hostaddr") or ""
    parts = [host, told.get("port", ""), told.get("dbname", ""), told.get("dsn", "")]
    if not is_elsewhere(host):
        parts += [platform.node(), str(connection.home) if connection.embedded else ""]
    return sha256("\0".join(parts).encode()).hexdigest()[:16]


def _add_tls(dsn: str) -> str:
    """The same, asking for TLS: a URL stays a URL, which is what people read."""
    if "://" not in dsn:
        return str(make_dsn(dsn, sslmode="require"))
    return f"{dsn}{'&' if '?' in dsn else '?'}sslmode=require"
