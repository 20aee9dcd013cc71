"""A schema for one table's shadow alone, for those that cannot be made beside the others.

A table whose generated names may meet another's, or whose script takes another role, is made in
a schema of its worker's own. It says in its comment what it is; the end of the run drops it, or
the next run does.
"""

from __future__ import annotations

from staging_assets.builder.shadow.leftovers import clear_build_schema
from staging_assets.errors import BuildError
from staging_assets.model import Table
from staging_assets.parser import quote_identifier, quote_literal
from staging_assets.postgres import Session
from staging_assets.publisher import retired_comment


def run_make_private(session: Session, table: Table, schema: str) -> str:
    """Make the session's private schema if it is missing; return its name.

    Args:
        session: not in a transaction.
        table: what a try before may have left there is dropped.
        schema: where the table will be published.

    Raises BuildError when there is such a schema, and it is somebody else's.
    """
    name = f"{schema}__b{session.number}"
    comment = retired_comment(schema)
    there = session.run(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s", (name,)
    )
    if not there:
        place = quote_identifier(name)
        with session.transaction(f"create schema {place}"):
            session.run(f"comment on schema {place} is {quote_literal(comment)}")
    elif there[0][0] != comment:
        raise BuildError(
            f"schema {name}: {table.name} has to be made in a schema of that name, and there is "
            "one that is not of this build. Rename it."
        )
    else:
        clear_build_schema(session.connection, name, table.own | {table.name})
    return name
