"""What hangs on a table that is replaced, read from the catalog in one round trip.

The query (`catalog_query`) is long, so a connection plans it once and keeps it. The planner takes
its many small index look-ups for large joins and would compile them, which takes seconds: hence
the settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from psycopg2 import errors

from staging_assets.parser import NAME_KINDS, quote_identifier, quote_literal, tokenize
from staging_assets.postgres import OWN_PATH, Cursor
from staging_assets.publisher.attached.catalog_query import attachments_sql
from staging_assets.publisher.attached.objects import Dependent, InboundKey, TableObject
from staging_assets.publisher.transaction.steps import Step

CATALOG_SETTINGS = (
    f"set local search_path = {OWN_PATH};"
    "set local jit = off;"
    "set local plan_cache_mode = force_generic_plan;"
    "set local enable_seqscan = off;"
    "set local enable_hashjoin = off;"
    "set local enable_mergejoin = off;"
)
"""What `read_attachments` needs to be set in its transaction."""

_PREPARED = "staging_assets_attachments"


class NotPreparedError(Exception):
    """The session has not planned the query yet."""


@dataclass(frozen=True)
class Attachments:
    """The new objects, the old ones, and all that hangs on the old ones.

    Args:
        live: the live schema as SQL; None when it does not exist.
        new, old: what moves in, and out.
        retired: whether the schema in which old objects wait exists, and has some of these names.
        taken: names of the script's that other tables hold in the live schema.
        hubs: tables that the old one references.
        inbound: foreign keys that reference it.
        owed: whether the build schema is there, and the table that notes what has to be validated.
        dependents: views and functions, in no order that matters.
        kept: statements that make other tables' defaults and policies find the new objects.
        unknown: what cannot be carried over: description, schema and table.
        unpublish: publication and old table.
        carried: statements that give the new table what the old one had.
        analyze: new tables that have to be analyzed, for the planner was told something by hand.
        gone: parts of the old table that the script does not make.
        parents: an old table and one that stays, of which it is a partition or child.
        waiting_schemas: where older objects of this schema wait for their end.
        kept_schemas: where the tables are that the promotion of a branch has replaced. What they
            have on the old table stays on it.
        bytes: new table to the room that it takes on disk, with its indexes and all.
    """

    live: str | None
    new: tuple[TableObject, ...]
    old: tuple[TableObject, ...]
    retired: tuple[bool, bool]
    taken: Sequence[str]
    hubs: Sequence[str]
    inbound: tuple[InboundKey, ...]
    owed: tuple[bool, bool]
    dependents: tuple[Dependent, ...]
    kept: tuple[Step, ...]
    unknown: Sequence[tuple[str, str | None, str | None]]
    unpublish: Sequence[tuple[str, str]]
    carried: tuple[Step, ...]
    analyze: Sequence[str]
    gone: Sequence[str]
    parents: Sequence[tuple[str, str]] = ()
    waiting_schemas: Sequence[str] = ()
    kept_schemas: Sequence[str] = ()
    bytes: Mapping[str, int] = field(default_factory=dict)


def read_attachments(
    cursor: Cursor, *, live_schema: str, build_schema: str, own: Sequence[str]
) -> Attachments:
    """Read what a publication has to know.

    Args:
        cursor: in a transaction in which `CATALOG_SETTINGS` are set.
        live_schema: where the table belongs.
        build_schema: where the new one is.
        own: names of everything that its CREATE script makes.

    Raises NotPreparedError when `run_prepare_attachments` has to be called first.
    """
    question = attachments_call_sql(live_schema=live_schema, build_schema=build_schema, own=own)
    try:
        cursor.execute(question)
    except errors.InvalidSqlStatementName:
        raise NotPreparedError from None
    return fetch_attachments(cursor, live_schema)


def attachments_call_sql(*, live_schema: str, build_schema: str, own: Sequence[str]) -> str:
    """The question of `read_attachments`; Postgres has no such statement when it is not prepared.

    Args:
        live_schema: where the table belongs.
        build_schema: where the new one is.
        own: names of everything that its CREATE script makes.
    """
    names = ", ".join(map(quote_literal, own))
    schemas = f"{quote_literal(live_schema)}, {quote_literal(build_schema)}"
    return f"execute {_PREPARED} ({schemas}, array[{names}]::text[])"


def fetch_attachments(cursor: Cursor, live_schema: str) -> Attachments:
    """The answer to the question of `attachments_call_sql`.

    Args:
        cursor: has asked it.
        live_schema: where the table belongs.
    """
    row = cursor.fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]
    waiting = found["waiting_schemas"]

    def steps(items: Sequence[Sequence[str]]) -> tuple[Step, ...]:
        return tuple(Step(what, turn_to_live(text, waiting, live_schema)) for what, text in items)

    kept = found["kept_schemas"]
    every = [Dependent(**item) for item in found["dependents"]]
    dependents = [each for each in every if each.schema not in kept]
    left = [(each.label, each.schema, each.simple) for each in every if each.schema in kept]
    inbound = [InboundKey(**item) for item in found["inbound"]]
    return Attachments(
        live=found["live"],
        new=tuple(TableObject(*item) for item in found["new"]),
        old=tuple(TableObject(*item) for item in found["old"]),
        retired=(found["retired"][0], found["retired"][1]),
        taken=found["taken"],
        hubs=found["hubs"],
        inbound=tuple(replace(key, scrap=True) if key.schema in kept else key for key in inbound),
        owed=(found["owed"][0], found["owed"][1]),
        dependents=tuple(
            replace(d, definition=turn_to_live(d.definition, waiting, live_schema))
            for d in dependents
        ),
        kept=steps(found["kept"]),
        unknown=[*left, *(tuple(item) for item in found["unknown"])],
        unpublish=[tuple(item) for item in found["unpublish"]],
        carried=steps(found["carried"]),
        analyze=found["analyze"],
        gone=found["gone"],
        parents=[(child, parent) for child, parent in found["parents"]],
        waiting_schemas=waiting,
        kept_schemas=kept,
        bytes={table: int(size) for table, size in found["bytes"].items()},
    )


def turn_to_live(text: str, waiting: Sequence[str], live: str) -> str:
    """Let a definition name the objects of the live schema where it names those that they replace.

    What depends on a table that is rebuilt later was left on the old types; now it finds the new.

    Args:
        text: of a statement.
        waiting: schemas of old objects.
        live: the live schema.
    """
    if not any(schema in text for schema in waiting):
        return text
    tokens = tokenize(text)
    parts, done = [], 0
    for token, following in pairwise(tokens):
        named = token.kind in NAME_KINDS and token.value in waiting
        if named and following.value == "." and following.kind == "punctuation":
            parts += [text[done : token.start], quote_identifier(live)]
            done = token.end
    return "".join([*parts, text[done:]])


def run_prepare_attachments(cursor: Cursor) -> None:
    """Let the session plan the query of `read_attachments`, unless it has; outside a transaction.

    Whoever holds locks or a transaction that must not fail calls this before.
    """
    cursor.execute("select from pg_prepared_statements where name = %s", (_PREPARED,))
    if cursor.rowcount:
        return
    query = attachments_sql(cursor.connection.server_version)
    cursor.execute(
        f"begin; {CATALOG_SETTINGS}"
        f"prepare {_PREPARED} (text, text, text[]) as {query};"
        f"execute {_PREPARED} ('', '', '{{}}');"
        "commit"
    )
