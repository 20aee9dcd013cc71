"""A department's own sources: scripts under `sql/etl/<department>/` that make its `etl` schema."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg2

from staging_assets.errors import BuildError
from staging_assets.model import ETL, SchemaNames, Script
from staging_assets.parser import rewrite
from staging_assets.postgres import (
    SET_LOCAL_USERS_PATH,
    Cursor,
    Server,
    script_error,
)

_LOCK = 7_264_519_483_021_116_001
"""Any number that is nobody else's: two processes must not both find the schema missing."""


def seed_demo(
    server: Server, sql_dir: Path, department: str, scale: float, schemas: SchemaNames | None = None
) -> bool:
    """Make the schema of the sources from the department's scripts, if it is missing.

    The scripts run in the order of their names, all in one transaction; they read how much to
    make from the setting `staging_assets.demo_scale`.

    Args:
        server: where to.
        sql_dir: the folder of scripts.
        department: whose sources.
        scale: 1 is about a million events.
        schemas: what `etl` in the scripts is called in the database.

    Returns whether it made anything. Raises ScriptError when a script fails, BuildError when one
    cannot be read; nothing is made then.
    """
    schemas = schemas or SchemaNames()
    paths = sorted((sql_dir / ETL / department).glob("*.sql"))
    if not paths:
        return False
    with closing(server.connect_own("seed")) as connection:
        with connection.cursor() as cursor:
            if _exists(cursor, schemas.etl):
                return False
            scripts = [_read(path) for path in paths]
            cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
            if _exists(cursor, schemas.etl):
                return False
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute(
                "set local lock_timeout = 0;"
                "select set_config('staging_assets.demo_scale', %s, true);"
                f"{SET_LOCAL_USERS_PATH}",
                (f"{scale}",),
            )
            for script in scripts:
                rewritten = rewrite(script.text, schemas, schema=schemas.staging)
                try:
                    cursor.execute(rewritten.text)
                except psycopg2.Error as error:
                    raise script_error(error, script, rewritten, 0) from None
        connection.commit()
    return True


def _exists(cursor: Cursor, schema: str) -> bool:
    cursor.execute("select 1 from pg_catalog.pg_namespace where nspname = %s", (schema,))
    return cursor.fetchone() is not None


def _read(path: Path) -> Script:
    try:
        return Script(path, str(path), path.read_text("utf-8-sig"))
    except OSError as error:
        raise BuildError(
            f"{path}: it cannot be read ({error.strerror}). Check its rights."
        ) from None
    except UnicodeDecodeError:
        raise BuildError(f"{path}: it is not UTF-8. Save it as UTF-8.") from None
