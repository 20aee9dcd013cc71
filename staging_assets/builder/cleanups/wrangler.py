"""`PostgresWrangler`: what cleanup scripts reach Postgres by, with the interface of pg_tools.

Where a script says `staging`, in SQL or as an argument, the real schema is meant. A query that
fails raises; it never counts as an answer.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from psycopg2 import sql
from sqlalchemy.engine import Engine

from staging_assets.builder.cleanups.columns import ColumnWork
from staging_assets.builder.cleanups.cursors import Place, make_connections
from staging_assets.builder.cleanups.rows import NamedRow, Rows
from staging_assets.builder.cleanups.shared_transaction import SharedTransaction
from staging_assets.builder.cleanups.tables import TableWork
from staging_assets.model import STAGING, SchemaNames
from staging_assets.postgres import Server, find_psql, find_variables, make_engine

_log = logging.getLogger("staging_assets")


class PostgresWrangler(TableWork, ColumnWork):
    """Reaches one database, for scripts.

    Args:
        server: the database.
        schema: the schema that is built.
        schemas: what scripts call it, and the sources'.
        transaction: work inside this transaction, and not on connections of its own.
    """

    def __init__(
        self,
        server: Server,
        schema: str = STAGING,
        *,
        schemas: SchemaNames | None = None,
        transaction: SharedTransaction | None = None,
    ) -> None:
        self.schema, self.schemas = schema, schemas or SchemaNames()
        self._server = server
        self.has_left = False
        """Whether it has run a program, whose deeds nothing takes back."""
        if transaction is None:
            self.engine: Engine = server.engine(
                "staging_assets pgw",
                connection_factory=make_connections(Place(schema, self.schemas)),
            )
        else:
            self.engine = make_engine(transaction.join, joined=True)
            self.unpublished = transaction.unpublished
        # Scripts of SQLAlchemy 1.4 run statements on the engine itself.
        setattr(self.engine, "execute", self._execute)  # noqa: B010

    def __enter__(self) -> PostgresWrangler:
        """`with ... as pgw:` gives the connections back at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    def execute(self, sql: Any) -> list[NamedRow] | None:
        """Run SQL and commit it.

        Args:
            sql: one or more statements; the server gets them as they are, with every `%`. An
                SQLAlchemy construct will do as well.

        Returns the rows of the last statement, or None when it has none. They are tuples that
        also answer to the names of the columns: `row["id"]`, `row.id`, `dict(row)`.
        """
        found = self._execute(sql)
        return found.fetchall() if found.returns_rows else None

    def _execute(self, statement: Any, *parameters: Any) -> Rows:
        """What `engine.execute` was in SQLAlchemy 1.4: run one statement and commit it.

        Args:
            statement: SQL, or a construct of SQLAlchemy.
            parameters: none, or those of the statement, as `cursor.execute` takes them. Without
                them every `%` stays as it is.
        """
        with self.engine.connect() as connection:
            if not isinstance(statement, str):
                result = connection.execute(statement, *parameters)
            elif parameters:
                result = connection.exec_driver_sql(statement, *parameters)
            else:
                untouched = connection.execution_options(no_parameters=True)
                result = untouched.exec_driver_sql(statement)
            names = list(result.keys()) if result.returns_rows else []
            rows = [NamedRow(row, names) for row in result] if result.returns_rows else None
            found = Rows(rows, names, result.rowcount)
            connection.commit()
        return found

    @property
    def pg_env(self) -> dict[str, str]:
        """The environment in which libpq's programs find the database, and psql is found."""
        if self.unpublished is not None:
            self.unpublished.refuse(
                "it uses pgw.pg_env or pgw.shell, which works on its own connection"
            )
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(find_psql().parent)))
        variables = {**os.environ, **find_variables(self._server)}
        # A command that waits for what the script itself has locked must end.
        patience = f"-c lock_timeout={self._server.sessions.lock_timeout}"
        return {
            **variables,
            "PGOPTIONS": f"{variables.get('PGOPTIONS', '')} {patience}".strip(),
            "PATH": path,
            "STAGING_SCHEMA": self.schema,
        }

    def shell(self, cmd: str | Sequence[str]) -> bytes:
        """Run a program that finds the database by itself, such as psql.

        It works on a connection of its own: it sees what is committed, and the schema's name is
        not put into what it runs (`$STAGING_SCHEMA` holds it). The password is in its
        environment, never among its arguments.

        Args:
            cmd: a list of program and arguments, passed as they are; or one text, which the
                shell interprets: put no value into it that comes from elsewhere.

        Returns what it printed, errors included. A failure is logged.
        """
        environment = self.pg_env
        self.has_left = True
        done = subprocess.run(
            cmd if isinstance(cmd, str) else list(cmd),
            # A text is a shell's line: that is what pg_tools' scripts pass.
            shell=isinstance(cmd, str),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        if done.returncode != 0:
            _log.warning("shell: a command ended with exit code %s", done.returncode)
        return done.stdout

    def recreate_schema(self, schema_name: str) -> None:
        """Drop a schema with all that is in it, if it is there, and create it empty."""
        if self.unpublished is not None:
            self.unpublished.refuse("it drops a schema")
        name = self._real(schema_name)
        _log.warning("recreate_schema: schema %s is dropped with all that is in it", name)
        identifier = sql.Identifier(name)
        self._change(
            sql.SQL("drop schema if exists {0} cascade; create schema {0}").format(identifier)
        )
