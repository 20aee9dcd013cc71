"""The server: whether it answers, what the role may do, what earlier runs have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from staging_assets.cli.checking.examinations.finding import GOOD, ODD, WRONG, Finding
from staging_assets.errors import StagingError
from staging_assets.postgres import (
    Connection,
    find_build_schema,
    find_running,
    find_server,
    read_owed_keys,
)
from staging_assets.settings import StagingSchema

_SERVER = """
select current_setting('server_version'), current_setting('server_encoding'), current_user::text,
    current_database()::text, pg_is_in_recovery(), current_setting('default_transaction_read_only'),
    has_database_privilege(current_database(), 'CREATE'),
    current_setting('max_connections')::int - (select count(*) from pg_stat_activity),
    (select rolsuper from pg_roles where rolname = current_user)
"""
_SCHEMA = """
select pg_get_userbyid(n.nspowner)::text, pg_has_role(n.nspowner, 'USAGE'),
    has_schema_privilege(n.oid, 'CREATE')
from pg_namespace n where n.nspname = %s
"""
_READABLE = """
select count(*) filter (where not has_table_privilege(c.oid, 'SELECT')), count(*)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_LEFT = """
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm')
and (n.nspname = %s and c.relname !~ '^__' or starts_with(n.nspname, %s))
"""


def find_database(staging: StagingSchema, extensions: Sequence[str]) -> Iterator[Finding]:
    """Look at the server; the embedded one is started for it.

    Args:
        staging: what is built, and where.
        extensions: those that the scripts ask for.
    """
    try:
        server = find_server(staging.postgres)
        connection = server.connect_own("doctor")
    except StagingError as error:
        yield Finding(WRONG, "server", str(error))
        return
    with closing(connection):
        yield from _find_server(connection, staging)
        yield from _find_rights(connection, staging)
        yield from _find_extensions(connection, extensions)
        yield from _find_leftovers(connection, staging)


def _find_server(connection: Connection, staging: StagingSchema) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_SERVER)
        row = cursor.fetchone()
    if row is None:
        return
    number, encoding, user, database, standby, read_only, may_create, free, superuser = row
    kind = "embedded" if staging.embedded else "named"
    yield Finding(GOOD, "server", f"PostgreSQL {number} ({kind}), database {database}, user {user}")
    if standby or read_only == "on":
        why = "a standby" if standby else "read-only (default_transaction_read_only)"
        yield Finding(WRONG, "server", f"it is {why}. Name the primary server.")
    if encoding != "UTF8":
        text = f"the database is in {encoding}: characters that it lacks end a build. UTF8 has all."
        yield Finding(ODD, "encoding", text)
    if not may_create:
        text = (
            f"user {user} may not create schemas in {database}. "
            f"grant create on database {database} to {user};"
        )
        yield Finding(WRONG, "rights", text)
    if free < staging.workers + 2:
        text = (
            f"{free} connections are free, {staging.workers} workers want {staging.workers + 2}; "
            "a build goes on with fewer. Raise max_connections, or lower STAGING_WORKERS."
        )
        yield Finding(ODD, "connections", text)
    if superuser and not staging.embedded:
        text = f"user {user} is a superuser. A role of its own with fewer rights does: deploy/"
        yield Finding(ODD, "rights", text)


def _find_rights(connection: Connection, staging: StagingSchema) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA, (staging.schema,))
        row = cursor.fetchone()
        if row is None:
            yield Finding(GOOD, "schema", f"{staging.schema} is not there yet: the build makes it")
        elif not (row[1] and row[2]):
            text = (
                f"{staging.schema} belongs to {row[0]}. Build as that role, or as a member of it."
            )
            yield Finding(WRONG, "schema", text)
        else:
            yield Finding(GOOD, "schema", f"{staging.schema} belongs to {row[0]}")
        cursor.execute(_READABLE, (staging.etl_schema,))
        hidden, count = cursor.fetchone() or (0, 0)
    if hidden:
        text = (
            f"{hidden} of {count} tables of {staging.etl_schema} may not be read. "
            f'grant select on all tables in schema "{staging.etl_schema}"'
        )
        yield Finding(ODD, "etl", text)


def _find_extensions(connection: Connection, extensions: Sequence[str]) -> Iterator[Finding]:
    if not extensions:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select name from pg_available_extensions where name = any (%s)", (list(extensions),)
        )
        there = {row[0] for row in cursor.fetchall()}
    for name in extensions:
        if name not in there:
            text = (
                f"{name} is wanted by scripts and not installed on the server. Install its package."
            )
            yield Finding(WRONG, "extension", text)
        else:
            yield Finding(GOOD, "extension", f"{name} can be had")


def _find_leftovers(connection: Connection, staging: StagingSchema) -> Iterator[Finding]:
    running = find_running(connection, staging.schema)
    if running:
        yield Finding(GOOD, "run", f"{staging.schema} is being built: {running}")
        return
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, (find_build_schema(staging.schema), f"{staging.schema}__old"))
        (count,) = cursor.fetchone() or (0,)
        if count:
            text = f"{count} tables of a run that was killed: the next run clears them away"
            yield Finding(ODD, "leftovers", text)
    owed = read_owed_keys(connection, staging.schema)
    if owed:
        listed = ", ".join(str(key) for key in owed[:3])
        text = f"{len(owed)} foreign keys wait for validation ({listed}): the next run does it"
        yield Finding(ODD, "leftovers", text)
