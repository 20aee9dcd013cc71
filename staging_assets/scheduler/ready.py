"""Whether a run finds all as it needs it, in one question; mostly the run before has seen to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import psycopg2.errors

from staging_assets.builder import has_leftovers_sql, is_prepared_sql
from staging_assets.model import Relation
from staging_assets.parser import quote, quote_identifier, quote_literal
from staging_assets.postgres import (
    BRANCH,
    FREE_CONNECTIONS,
    MARK,
    Connection,
    find_build_schema,
    has_orphans_sql,
    owed_keys_table,
)
from staging_assets.publisher import has_retired_sql


@dataclass(frozen=True)
class Ready:
    """What is there before a run.

    Args:
        made: whether nothing is left to make, to end or to drop before it can begin.
        live: whether the schema exists; None where that was not asked.
        owes: whether a run before may have left foreign keys to validate.
        free: how many more sessions may be opened; None where that was not asked.
        branch: whether the schema may be a branch.
    """

    made: bool = False
    live: bool | None = None
    owes: bool = True
    free: int | None = None
    branch: bool = True


def read_ready(
    connection: Connection, schema: str, department: str, wanted: Collection[str]
) -> Ready:
    """Read what is there.

    Args:
        connection: of the run that holds the schema, in autocommit mode.
        schema: what is built.
        department: whose scripts build it.
        wanted: the schemas that must exist.
    """
    there = [f"to_regnamespace({quote_literal(quote_identifier(name))}) is null" for name in wanted]
    undone = [
        *there,
        has_orphans_sql(schema),
        f"not {is_prepared_sql(schema, department, (MARK,))}",
        has_leftovers_sql(find_build_schema(schema)),
        has_retired_sql(schema),
    ]
    live = f"to_regnamespace({quote_literal(quote_identifier(schema))}) is not null"
    owes = f"exists (select from {owed_keys_table(schema)})"
    noted = quote(Relation(find_build_schema(schema), BRANCH))
    branch = f"to_regclass({quote_literal(noted)}) is not null"
    try:
        with connection.cursor() as cursor:
            made = f"not coalesce({' or '.join(undone)}, true)"
            cursor.execute(f"select {made}, {live}, {owes}, {FREE_CONNECTIONS}, {branch}")
            row = cursor.fetchone()
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InsufficientPrivilege):
        return Ready()
    assert row is not None
    return Ready(*row)
