"""Dependents made anew beside the old ones, on the new table, before anything is locked."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg2
from psycopg2 import errors

from staging_assets.model import Relation
from staging_assets.parser import quote_identifier
from staging_assets.postgres import USERS_PATH, Cursor
from staging_assets.publisher.attached.attachments import Attachments, turn_to_live
from staging_assets.publisher.attached.dependents import (
    Copies,
    create_step,
    index_steps,
    read_properties,
    sort_dependents,
)
from staging_assets.publisher.attached.objects import Dependent
from staging_assets.publisher.transaction.steps import Step, StepError, explain


def run_copy(cursor: Cursor, seen: Attachments, live: Relation) -> Copies:
    """Make the dependents anew on the new table, in the transaction in which it is published.

    The new table moves to a private schema that stands first in the search_path, and the
    definitions are written without the names of the schemas that follow in it: so they find the
    new table where they mean the old one, and everything else where it is.

    Args:
        cursor: in a transaction.
        seen: what hangs on the old table.
        live: where that is.

    Raises BuildError when one of them does not fit the new table.
    """
    private = f"{live.schema}__v{cursor.connection.info.backend_pid:x}"
    ordered = sort_dependents(seen.dependents)
    schemas = sorted({live.schema, *(d.schema for d in ordered)})
    path = ", ".join([*map(quote_identifier, schemas), USERS_PATH])
    _run(cursor, [Step("the private schema", f"create schema {quote_identifier(private)}")], live)
    properties = read_properties(cursor, ordered)
    cursor.execute(f"set local search_path = {path}")
    queries = {
        oid: turn_to_live(query, seen.waiting_schemas, live.schema)
        for oid, query in _read_queries(cursor, ordered).items()
    }
    moves = [
        Step(
            f"moving {item.name}",
            f"alter {item.alter} {item.name} set schema {quote_identifier(private)}",
        )
        for item in seen.new
        if item.moves
    ]
    _run(cursor, moves, live)
    cursor.execute(f"set local search_path = {quote_identifier(private)}, {path}")
    for dependent in ordered:
        name = f"{quote_identifier(private)}.{quote_identifier(dependent.simple)}"
        steps = [create_step(dependent, name=name, query=queries[dependent.oid])]
        _run(cursor, steps + index_steps(dependent, properties, name), live)
        if dependent.noun == "materialized view" and dependent.populated:
            cursor.execute(f"analyze {name}")
    return Copies(private, ordered)


def _run(cursor: Cursor, steps: Sequence[Step], live: Relation) -> None:
    for step in steps:
        try:
            cursor.execute(step.statement)
        except psycopg2.Error as error:
            if cursor.connection.closed or isinstance(error, errors.QueryCanceled):
                raise
            raise explain(StepError(error, step), live) from None


def _read_queries(cursor: Cursor, found: Sequence[Dependent]) -> dict[int, str]:
    cursor.execute(
        "select oid::pg_catalog.int8, pg_catalog.rtrim(pg_catalog.pg_get_viewdef(oid), ';')"
        " from pg_catalog.unnest(%s::pg_catalog.oid[]) as oid",
        ([d.oid for d in found],),
    )
    return dict(cursor.fetchall())
