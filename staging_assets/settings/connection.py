"""Where the database is, and how sessions on it begin.

What is checked here is what can be checked without a server. No message shows a URL or a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from staging_assets.errors import SettingsError

_HERE = ("localhost", "127.", "::1", "/", "@")


@dataclass(frozen=True)
class SessionSettings:
    """What every session of ours sets, in Postgres' own spelling; None leaves the server's value.

    Args:
        statement_timeout: longest time of one statement; "0" is no limit.
        lock_timeout: longest wait for one lock.
        work_mem: memory of one sort or hash, such as "64MB".
        maintenance_work_mem: memory of one index build, such as "256MB".
        show_values: whether messages may show values from rows; nothing of this is sent.
    """

    statement_timeout: str = "0"
    lock_timeout: str = "10s"
    work_mem: str | None = None
    maintenance_work_mem: str | None = None
    show_values: bool = False


@dataclass(frozen=True)
class ConnectionSettings:
    """Which database, and as whom.

    Args:
        url: libpq URL or conninfo. It may hold a password, so it is no part of the repr.
        host, port, user, dbname, sslmode, passfile: the same, one by one; they win over the URL.
        password: better left to `passfile`, `~/.pgpass` or PGPASSWORD; no part of the repr.
        libpq_environment: whether libpq's variables (`PGHOST`, `PGSERVICE` ...) name the server.
        home: the folder of the embedded server, which is taken when nothing else names one.
        sessions: what every session sets.
    """

    url: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    dbname: str | None = None
    sslmode: str | None = None
    passfile: str | None = None
    libpq_environment: bool = False
    home: Path = Path(".staging")
    sessions: SessionSettings = field(default_factory=SessionSettings)

    @property
    def parameters(self) -> dict[str, str]:
        """libpq's parameters that are given one by one."""
        named = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.dbname,
            "sslmode": self.sslmode,
            "passfile": self.passfile,
        }
        return {name: str(value) for name, value in named.items() if value not in (None, "")}

    @property
    def embedded(self) -> bool:
        """Whether the server is the embedded one."""
        named = self.url or self.host or self.dbname
        return not named and not self.libpq_environment

    def connection_settings(self) -> ConnectionSettings:
        """Itself: so that it stands where anything that knows a connection may stand."""
        return self


class Connects(Protocol):
    """What knows a connection: `ConnectionSettings`, or a resource of Dagster's."""

    def connection_settings(self) -> ConnectionSettings:
        """Where the database is. Raises SettingsError when that cannot be told."""
        ...


def check_url(url: str | None, where: str) -> str | None:
    """Return the URL as libpq takes it, or None for none.

    Args:
        url: a URL or conninfo.
        where: what the message names.

    Raises SettingsError, which never shows the URL.
    """
    example = "postgresql://user@host:5432/database"
    if url is None:
        return None
    scheme, separator, rest = url.partition("://")
    if not separator:
        if "=" in url:
            return url  # libpq's other form: host=... dbname=...
        raise SettingsError(f"{where}: this is no database URL. Write {example}.")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"):
        raise SettingsError(f"{where}: it does not start with postgresql://. Write {example}.")
    authority, _, tail = rest.partition("/")
    if authority.count("@") > 1 or "@" in tail.partition("?")[0] or re.search("[?#].*@", rest):
        raise SettingsError(
            f"{where}: its password (or user) holds one of @ / ? #. "
            "Write these characters as %40 %2F %3F %23, or leave the password to ~/.pgpass."
        )
    return f"postgresql://{rest}"


def is_elsewhere(host: str | None) -> bool:
    """Whether one of the hosts (libpq takes several, with commas) is not this machine."""
    hosts = [each.strip() for each in (host or "").split(",") if each.strip()]
    return any(not each.startswith(_HERE) for each in hosts)
