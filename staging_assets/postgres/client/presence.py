"""The sign of a run: an advisory lock of its own, by which others see whether its process lives.

The lock dies with its session, and the session with the process, whatever ended that: `kill -9`, a
lost machine, a power cut. Nobody needs to be on the same machine to see it.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

import psycopg2

from staging_assets.parser import quote_literal
from staging_assets.postgres.client.beginning import find_told
from staging_assets.postgres.client.server import Server
from staging_assets.postgres.driver import Connection

PRESENCE_SPACE = 0x57A63
"""The first key of the lock that is a run's sign; the second is a hash of the run's id."""

_SETTLED = 60
"""Seconds after the server's start in which it cannot tell: runs may be connecting again."""

_DATABASE = """
select case
    when pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')
    then (
        select pg_catalog.concat(c.system_identifier, '/', d.oid)
        from pg_catalog.pg_control_system() as c
    )
end
from pg_catalog.pg_database as d
where d.datname operator(pg_catalog.=) pg_catalog.current_database()
"""
_PRESENT = """
select w.run_id
from unnest(%(runs)s::text[]) as w (run_id)
where now() < pg_postmaster_start_time() + %(settled)s * interval '1 second'
or exists (
    select from pg_locks as l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 2
    and l.database = (select oid from pg_database where datname = current_database())
    and l.classid = %(space)s::oid
    and l.objid = (hashtext(w.run_id)::bigint & 4294967295)::oid
)
"""


def presence_sql(run_id: str) -> str:
    """SQL by which a session becomes a sign of a run; it never waits."""
    number = f"pg_catalog.hashtext({quote_literal(run_id)})"
    return f"select pg_catalog.pg_advisory_lock_shared({PRESENCE_SPACE}, {number})"


def find_database_identity(connection: Connection) -> str | None:
    """What tells a database from all others, whatever URL leads to it; None where that is hidden.

    A standby that takes over is the same; a database that is made again under its name is not.

    Args:
        connection: to the database.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        row = cursor.fetchone()
    return None if row is None else row[0]


def find_present(connection: Connection, runs: Collection[str]) -> frozenset[str]:
    """Those of some runs that have a sign in this database, or may be about to show one again.

    Args:
        connection: of anybody, in the database that the runs work in.
        runs: their ids.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, {"runs": list(runs), "settled": _SETTLED, "space": PRESENCE_SPACE})
        return frozenset(run_id for (run_id,) in cursor.fetchall())


class Presence:
    """A session that shows the sign of one run until it is closed.

    Args:
        server: where the run works.
        run_id: its id.

    Raises DatabaseError when the server lets nobody in.
    """

    def __init__(self, server: Server, run_id: str) -> None:
        sign = f"({presence_sql(run_id)})"
        also = f"pg_catalog.concat({sign}, ({_DATABASE}))"  # what takes the lock says nothing
        self.connection = server.connect_own(f"{run_id} present", also=also)
        self.database = find_told(self.connection, also) or None

    def close(self) -> None:
        """Take the sign away."""
        with suppress(psycopg2.Error):
            self.connection.close()
