"""Whether a schema can be promoted at all, asked before anything is touched."""

from __future__ import annotations

import shlex

from staging_assets.errors import BuildError
from staging_assets.model import StagingProject, list_some
from staging_assets.postgres import Connection, find_build_schema, has_schema

LONGEST_NAME = 63
"""Of an identifier, in bytes."""


def check_length(schema: str, away: str) -> None:
    """Raise BuildError when there is no room in a name for what the live schema becomes.

    Args:
        schema: the live schema.
        away: what it is called afterwards.
    """
    longest = find_build_schema(away)
    if len(longest.encode()) > LONGEST_NAME:
        most = LONGEST_NAME - len(longest.encode()) + len(schema.encode())
        raise BuildError(
            f"{schema}: the name is too long to keep a previous schema beside it. "
            f"Use a name of at most {most} bytes."
        )


def find_build_command(schema: str, candidate: str) -> str:
    """The command that builds a candidate, checks it and puts it in the place of the live schema.

    Args:
        schema: the live schema.
        candidate: what is to take its place.
    """
    words = ["staging-assets", "promote", candidate, "--schema", schema, "--build"]
    return " ".join(map(shlex.quote, words))


def check_there(connection: Connection, schema: str, candidate: str) -> None:
    """Raise BuildError, with what to do, when there is no schema to promote."""
    if not has_schema(connection, candidate):
        raise BuildError(
            f"{candidate}: there is no such schema to promote. "
            f"Build, check and promote it: {find_build_command(schema, candidate)}"
        )


def check_complete(
    connection: Connection, project: StagingProject, schema: str, candidate: str
) -> None:
    """Raise BuildError when a table or function of the project is missing in the candidate."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = %(schema)s and c.relkind in ('r', 'p')"
            " union all select p.proname::text || '()' from pg_proc p"
            " join pg_namespace n on n.oid = p.pronamespace where n.nspname = %(schema)s",
            {"schema": candidate},
        )
        there = {name for (name,) in cursor.fetchall()}
    functions = {f"{f.name}()" for p in project.procedures.values() for f in p.functions}
    missing = sorted((set(project.tables) | functions) - there)
    if missing:
        named = list_some(missing, 10)
        raise BuildError(
            f"{candidate}: it is not complete; missing: {named}. Nothing was changed. "
            f"Build it completely, check and promote it: {find_build_command(schema, candidate)}"
        )
