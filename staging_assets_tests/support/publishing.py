"""Publish small tables by hand, in tests of what happens to the ones they replace."""

from __future__ import annotations

import threading
from typing import Any

from psycopg2 import extensions

from staging_assets.model import Relation
from staging_assets.postgres.client.server import Server
from staging_assets.publisher import PublishRequest, run_publish
from staging_assets.settings import SessionSettings

TABLE = "create table build.t (id int primary key, note text, day date);"
ROWS = "insert into build.t values (1, 'a', '2024-01-01'), (2, 'b', '2024-01-02')"
OTHER = TABLE + "insert into build.t values (1, 'new', '2025-01-01'), (2, 'new', '2025-01-01')"
"""The same table with other rows."""


class Press:
    """A session that publishes; `staging` is the live schema and `staging__build` the other."""

    def __init__(self, server: Server) -> None:
        self.connection: extensions.connection = server.connect("press", autocommit=True)
        self.said: list[tuple[str, str]] = []
        self.cancelled = threading.Event()
        self.sessions = SessionSettings(lock_timeout="10s")
        self.run("create schema staging; create schema staging__build")

    def run(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str) -> Any:
        rows = self.run(statement)
        assert len(rows) == 1
        return rows[0][0]

    def publish(
        self,
        create: str,
        name: str = "t",
        *,
        own: tuple[str, ...] = (),
        later: tuple[str, ...] = (),
    ) -> None:
        """Make the shadow with `create`, in which `build.` stands for its schema; publish it."""
        self.run(create.replace("build.", "staging__build."))
        request = PublishRequest(
            live=Relation("staging", name),
            shadow_schema="staging__build",
            own=frozenset({name, *own}),
            rebuilt_later=frozenset(later),
            sessions=self.sessions,
            log=self.log,
            cancelled=self.cancelled,
        )
        run_publish(self.connection, request)

    def log(self, level: str, text: str) -> None:
        self.said.append((level, text))

    def schemas(self) -> list[str]:
        """Schemas of ours that exist."""
        return [
            name
            for (name,) in self.run(
                "select nspname from pg_namespace where nspname like 'staging%' order by 1"
            )
        ]

    def close(self) -> None:
        self.connection.close()
