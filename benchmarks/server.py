"""A fresh server for a series of measurements, and the same start for everyone in it.

Every run gets the database `bench` anew, copied from a template that holds `etl`, followed by a
CHECKPOINT. Everyone uses this server: the embedded one, with the settings it has in this project.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn

from benchmarks.measure import read_server_seconds
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.embedded.binaries import find_programs, find_server_user
from staging_assets.postgres.embedded.server import EmbeddedServer

DATABASE = "bench"
TEMPLATE = "bench_template"
_STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]+): ")
_CONNECTION = re.compile(rb"LOG:  connection authorized: [^\n]*database=" + DATABASE.encode())


class BenchServer:
    """A running server of the benchmark's own.

    Args:
        home: its folder; whatever is in it is removed.
    """

    def __init__(self, home: Path) -> None:
        self._embedded = EmbeddedServer(home)
        self._embedded.stop()
        shutil.rmtree(home, ignore_errors=True)
        self.programs = self._start()

    def _start(self) -> Path:
        self.server = self._embedded.start()
        status = self._embedded.status()
        assert status.pid is not None
        self._postmaster, self._log = status.pid, status.log
        self._admin = self.server.connect("benchmarks", autocommit=True)
        return find_programs(find_server_user(status.data))

    def restart_with(self, library: str) -> None:
        """Start it again with a library that it loads at its start."""
        self.query(f"alter system set shared_preload_libraries = '{library}'")
        self._admin.close()
        self._embedded.stop()
        self._start()

    @property
    def url(self) -> str:
        """The URL of the database that contestants build in."""
        scheme, _, rest = self.server.dsn.partition("@/")
        return f"{scheme}@/{DATABASE}?{rest.partition('?')[2]}"

    @property
    def sockets(self) -> str:
        """The folder of its socket."""
        return str(self._admin.info.dsn_parameters["host"])

    @property
    def version(self) -> str:
        return str(self.query("select version()")[0][0]).split(" on ")[0]

    def settings(self) -> dict[str, str]:
        """The settings that are not Postgres' defaults."""
        rows = self.query(
            "select name, current_setting(name) from pg_settings"
            " where source = 'configuration file' and name not like 'unix%' order by 1"
        )
        return dict(rows)

    def query(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._admin.cursor() as cursor:
            cursor.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def find_server(self, database: str = DATABASE) -> Server:
        """One of its databases."""
        return Server(make_dsn(self.server.dsn, dbname=database))

    def connect(self, database: str = DATABASE) -> Connection:
        return self.find_server(database).connect("benchmarks", autocommit=True)

    def load_template(self, load: Callable[[Server], None]) -> None:
        """Make the template database; `load` fills its schema `etl`."""
        self.query(f"drop database if exists {TEMPLATE}")
        self.query(f"create database {TEMPLATE} template template0")
        load(self.find_server(TEMPLATE))
        with closing(self.connect(TEMPLATE)) as connection, connection.cursor() as cursor:
            cursor.execute("vacuum (freeze, analyze)")

    def reset(self) -> None:
        """Make the database of the next run: a copy of the template, and nothing left to write."""
        self.query(f"drop database if exists {DATABASE} with (force)")
        self.query(f"create database {DATABASE} template {TEMPLATE} strategy file_copy")
        self.query("checkpoint")

    def put_aside(self, name: str) -> None:
        """Keep the database as that of `name`, with all that is in it; there is none then."""
        self.await_quiet()
        self.query(f'alter database {DATABASE} rename to "{DATABASE} {name}"')

    def take_back(self, name: str) -> None:
        """Make the database that was put aside as that of `name` the one to build in."""
        self.query(f"drop database if exists {DATABASE} with (force)")
        self.query(f'alter database "{DATABASE} {name}" rename to {DATABASE}')
        self.query("checkpoint")

    def await_quiet(self) -> None:
        """Wait until no session is left in the database: only then is its CPU time told."""
        count = "select count(*) from pg_stat_activity where datname = %s"
        until = time.monotonic() + 10
        while self.query(count, DATABASE)[0][0] and time.monotonic() < until:
            time.sleep(0.02)

    def cpu_seconds(self) -> float:
        """CPU seconds of all its processes so far, ended ones included."""
        return read_server_seconds(self._postmaster)

    def wal_bytes(self) -> int:
        return int(self.query("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn")[0][0])

    @contextmanager
    def counting(self) -> Iterator[dict[str, int]]:
        """Count statements that clients send and connections that they open, by the log."""
        counts: dict[str, int] = {}
        self._set_logging("all", "on")
        start = self._log.stat().st_size
        try:
            yield counts
        finally:
            self.await_quiet()
            # ALTER DATABASE, as only sessions of contestants are to be counted.
            self._set_logging(None, None)
            with self._log.open("rb") as file:
                file.seek(start)
                text = file.read()
            counts["statements"] = len(_STATEMENT.findall(text))
            counts["connections"] = len(_CONNECTION.findall(text))

    def _set_logging(self, statements: str | None, connections: str | None) -> None:
        if statements:
            self.query(f"alter database {DATABASE} set log_statement = '{statements}'")
            self.query(f"alter system set log_connections = '{connections}'")
        else:
            self.query(f"alter database {DATABASE} reset log_statement")
            self.query("alter system reset log_connections")
        self.query("select pg_reload_conf()")
        time.sleep(0.3)

    def stop(self) -> None:
        """Stop it and remove its data."""
        self._admin.close()
        self._embedded.stop()
        shutil.rmtree(self._embedded.home, ignore_errors=True)
