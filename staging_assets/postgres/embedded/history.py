"""The database of the embedded server that keeps Dagster's history, when that is asked for.

    python -m staging_assets.postgres.embedded.history HOME

starts the server, makes the database where it is missing, and prints its address for SQLAlchemy.
"""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path

from psycopg2 import errors
from sqlalchemy import make_url

from staging_assets.errors import SettingsError, StagingError
from staging_assets.postgres.embedded.server import EmbeddedServer

DATABASE = "dagster"


def make_history_database(home: Path) -> str:
    """Start the server, make the database, and return its URL.

    Args:
        home: `STAGING_HOME`.

    Raises DatabaseError when the server cannot be started, SettingsError when what Dagster needs
    for it is not installed.
    """
    if find_spec("dagster_postgres") is None:
        raise SettingsError(
            "STAGING_HISTORY: `postgres` needs dagster-postgres. Install it: pip install"
            " 'staging-assets[webserver]'; or leave the setting out."
        )
    server = EmbeddedServer(home).start()
    with closing(server.connect_own("history")) as connection, connection.cursor() as cursor:
        cursor.execute("select from pg_database where datname = %s", (DATABASE,))
        if not cursor.rowcount:
            # Another command may be first.
            with suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                cursor.execute(f"create database {DATABASE} template template0")
    url = make_url(server.dsn).set(drivername="postgresql+psycopg2", database=DATABASE)
    return url.render_as_string(hide_password=False)


if __name__ == "__main__":
    try:
        print(make_history_database(Path(sys.argv[1])))
    except StagingError as error:
        sys.exit(str(error))
