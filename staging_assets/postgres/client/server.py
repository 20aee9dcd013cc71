"""One server to work with, and how every session on it begins.

A `Server` holds no connection, so it can be pickled, compared and kept. Each `connect` costs
a round trip beyond libpq's own: it looks at who answers, and pins the settings that scripts
rely on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2.extensions import parse_dsn
from sqlalchemy.engine import Engine

from staging_assets.errors import CrowdedError, DatabaseError
from staging_assets.postgres.abilities.abilities import note_abilities
from staging_assets.postgres.abilities.one_statement import find_cursor_class
from staging_assets.postgres.client.beginning import choose_settings, run_begin, run_set
from staging_assets.postgres.client.engine import make_engine
from staging_assets.postgres.client.paths import OWN_PATH, USERS_PATH
from staging_assets.postgres.driver import Connection
from staging_assets.settings import SessionSettings

OLDEST_VERSION = 14
LONGEST_NAME = 63

_NETWORK = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}


@dataclass(frozen=True)
class Server:
    """What to connect to.

    Args:
        dsn: libpq conninfo or URL; empty means libpq's environment (`PG*`). It may hold a
            password, so it is no part of the repr.
        sessions: what every session sets, unless `connect` is told otherwise.
        patience: seconds that a run waits for it to come back when it has gone.
        if_gone: what to do when nobody answers.
    """

    dsn: str = field(repr=False)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    patience: float = 30.0
    if_gone: str = "Check that the server runs and that STAGING_DATABASE_URL or PG* names it."

    def connect(
        self,
        application_name: str,
        *,
        sessions: SessionSettings | None = None,
        autocommit: bool = False,
        path: str = USERS_PATH,
        also: str = "null",
        **options: Any,
    ) -> Connection:
        """Open a session.

        Args:
            application_name: shown in pg_stat_activity; cut at 63 bytes.
            sessions: settings for this one session instead of the server's.
            autocommit: of the returned connection.
            path: its `search_path`; what asks and makes things of our own says OWN_PATH.
            also: an expression of SQL, the value of which is asked along (`find_told`).
            options: parameters of libpq and psycopg2 that win over the DSN, such as `dbname`.

        Raises DatabaseError (never with the password in it) when nobody answers, the server is
        older than 14, or a pooler sits in between that does not keep a session.
        """
        connection = self._open(application_name, options)
        try:
            connection.autocommit = True
            _check_version(connection)
            settings = choose_settings(sessions or self.sessions, path)
            process, abilities = run_begin(connection, settings, also)
            if not keeps_session(
                connection, lambda: self._open(application_name, options), process=process
            ):
                raise DatabaseError(
                    f"{self}: a pooler (pgbouncer in transaction or statement mode) answers in "
                    "place of Postgres, and cannot keep a session. "
                    "Connect to Postgres itself, or to a pool in session mode."
                )
            note_abilities(connection, abilities)
            connection.cursor_factory = find_cursor_class(connection)
            run_set(connection, {**settings, **abilities.settings})
            connection.autocommit = autocommit
        except psycopg2.Error as error:
            connection.close()
            raise self._refused(error, options) from None
        except BaseException:
            connection.close()
            raise
        return connection

    def connect_own(self, purpose: str, also: str = "null") -> Connection:
        """Open a session for questions and definitions of our own, in autocommit mode.

        Whatever stands in `public` is out of its sight (see `client/paths.py`).

        Args:
            purpose: the second word of its application name: `staging_assets plan`.
            also: as `connect` takes it.

        Raises what `connect` raises.
        """
        name = f"staging_assets {purpose}"
        return self.connect(name, autocommit=True, path=OWN_PATH, also=also)

    def engine(self, application_name: str, **options: Any) -> Engine:
        """Return an SQLAlchemy engine whose connections are those of `connect`, never pooled.

        Its errors show no values of rows.
        """
        return make_engine(lambda: self.connect(application_name, **options))

    @property
    def database(self) -> str:
        """The database's name; empty when libpq's environment or a service names it."""
        try:
            told = parse_dsn(self.dsn)
        except psycopg2.Error:
            return ""
        return str(told.get("dbname") or ("" if "service" in told else told.get("user", "")))

    def __str__(self) -> str:
        """Where it is, for people: user, host, port and database, and no password."""
        try:
            told = parse_dsn(self.dsn)
        except psycopg2.Error:
            return "the database"
        if "service" in told:
            return f"service {told['service']}"
        host = told.get("host") or told.get("hostaddr")
        if host is None:
            return f"database {told['dbname']}" if "dbname" in told else "the database"
        port = f":{told['port']}" if "port" in told else ""
        user = f"{told['user']}@" if "user" in told else ""
        database = f"/{told['dbname']}" if "dbname" in told else ""
        return f"{user}{host}{port}{database}"

    def _open(self, application_name: str, options: dict[str, Any]) -> Connection:
        try:
            told = parse_dsn(self.dsn)
        except psycopg2.Error:
            # libpq quotes the broken text, which may be the password.
            raise DatabaseError(
                "the database URL: libpq cannot read it. "
                "Write postgresql://user@host:5432/database with special characters as %XX, "
                "or host=... dbname=... ."
            ) from None
        name = application_name.encode()[:LONGEST_NAME].decode(errors="ignore")
        parameters = {**_NETWORK, **told, **options, "client_encoding": "UTF8"}
        parameters["application_name"] = name
        try:
            connection: Connection = psycopg2.connect(**parameters)
        except psycopg2.Error as error:
            raise self._refused(error, options) from None
        return connection

    def _refused(self, error: psycopg2.Error, options: dict[str, Any]) -> DatabaseError:
        """Say why there is no session, without any part of a password."""
        text = re.sub(r"\s+", " ", _LIBPQS_HINT.sub("", str(error))).strip()
        for secret in (options.get("password"), _password(self.dsn)):
            if secret:
                text = text.replace(secret, "********")
        if re.search(_CROWDED, text):
            return CrowdedError(f"{self}: {text.rstrip('.')}. {_TODO_CROWDED}")
        todo = next((todo for pattern, todo in _TODO if re.search(pattern, text)), self.if_gone)
        return DatabaseError(f"{self}: {text.rstrip('.')}. {todo}")


_TODO = (
    (
        "unsupported startup parameter",
        "This is pgbouncer: leave `options` out of the URL and PGOPTIONS, or connect to Postgres "
        "itself.",
    ),
    (
        "server does not support SSL",
        "A host elsewhere is asked for TLS (sslmode=require) when nothing says how. "
        "Say sslmode=prefer to go without, or turn TLS on there.",
    ),
    ("password authentication|no password supplied", "Check the user and the password."),
    ("role .* does not exist", "Check the user."),
    ("database .* does not exist", "Create the database, or name another one."),
    ("could not translate host name", "Check the name of the host."),
)
_LIBPQS_HINT = re.compile(r"\s*Is the server running [^?]*\?")
_CROWDED = "too many (clients|connections)|connection slots|no more connections allowed"
_TODO_CROWDED = "Lower STAGING_WORKERS, end other sessions, or raise the limit."


def _password(dsn: str) -> str | None:
    try:
        return parse_dsn(dsn).get("password")
    except psycopg2.Error:
        return None


def _check_version(connection: Connection) -> None:
    major = connection.server_version // 10_000
    if major < OLDEST_VERSION:
        raise DatabaseError(
            f"the server is PostgreSQL {major}, and at least {OLDEST_VERSION} is needed. "
            "Use a newer server."
        )


_ROUNDS = 4


def keeps_session(
    connection: Connection, another: Callable[[], Connection], *, process: int
) -> bool:
    """Tell whether all transactions of `connection` run in one server process.

    Args:
        connection: in autocommit mode, outside a transaction.
        another: opens a second connection to the same place; called only when a pooler was seen.
        process: the number of the process that has just answered.

    Without a pooler the process number that libpq was told is that of the server process, and
    one query answers. A pooler tells a number of its own. Then transactions on two connections
    take turns: where sessions are kept, each stays with a process of its own.
    """
    if process == connection.info.backend_pid:
        return True
    with closing(another()) as second:
        second.autocommit = True
        seen = {
            (index, _process(c)) for _ in range(_ROUNDS) for index, c in _turns(connection, second)
        }
    return len(seen) == 2 and len({process for _, process in seen}) == 2


def _turns(first: Connection, second: Connection) -> tuple[tuple[int, Connection], ...]:
    return ((1, first), (2, second), (2, second), (1, first))


def _process(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_catalog.pg_backend_pid()")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
