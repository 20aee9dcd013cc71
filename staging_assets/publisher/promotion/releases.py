"""What was promoted and rolled back: a row for each in `"<schema>__build"."__releases"`.

The table goes with the live schema: it is moved in the transaction of the exchange, in which its
row is written. So it says what happened, and nothing else.
"""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from staging_assets.model import Relation
from staging_assets.parser import quote, quote_identifier
from staging_assets.postgres import (
    RELEASES,
    Connection,
    Cursor,
    find_build_schema,
    has_schema,
    has_table,
)
from staging_assets.publisher.transaction.steps import Step, run_steps

_TABLES = """
select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relkind in ('r', 'p') and not c.relispartition
and has_table_privilege(c.oid, 'select')
order by 1
"""


@dataclass(frozen=True)
class Author:
    """On whose behalf schemas change places.

    Args:
        who: a person; whoever runs the program when empty.
        run_id: of Dagster's run, or what people should be told instead.
    """

    who: str = ""
    run_id: str = "promotion"

    @property
    def name(self) -> str:
        """Who it was: what was said, else user and machine of the program."""
        return self.who or f"{_find_user()}@{socket.gethostname()}"


@dataclass(frozen=True)
class Release:
    """One change of places.

    Args:
        action: `promote` or `rollback`.
        source: the schema that took the place.
        kept: what the schema that had it is called since; empty when there was none.
        who: who did it.
        run_id: Dagster's run, or what was said instead.
        before: table to its rows in the schema that was replaced.
        after: table to its rows in the one that took its place.
        number: counts up; 0 when it is not written yet.
        at: when.
        role: the database's role that did it.
        nodes: those that changed places, sorted; None when the whole schemas did.
    """

    action: str
    source: str
    kept: str
    who: str
    run_id: str
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    number: int = 0
    at: datetime | None = None
    role: str = ""
    nodes: tuple[str, ...] | None = None


def read_rows(
    connection: Connection, schema: str, only: Collection[str] | None = None
) -> dict[str, int]:
    """Count the rows of every table of a schema; empty when there is no such schema.

    Args:
        only: of these tables, where they are; None is all.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, (schema,))
        tables = [name for (name,) in cursor.fetchall() if only is None or name in only]
        counts = {}
        for table in tables:
            cursor.execute(f"select count(*) from {quote(Relation(schema, table))}")  # noqa: S608
            row = cursor.fetchone()
            counts[table] = int(row[0]) if row else 0
    return counts


def read_releases(connection: Connection, schema: str, most: int | None = None) -> list[Release]:
    """The releases of a schema, the last one first; empty when there was none.

    Args:
        connection: to its database.
        schema: the live schema.
        most: how many at most; all when None.
    """
    table = Relation(find_build_schema(schema), RELEASES)
    if not has_table(connection, table):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            # Earlier versions had no column of that name.
            "select to_jsonb(r) -> 'nodes', action, source, kept, who, run_id, rows_before,"  # noqa: S608
            f" rows_after, number, at, role from {quote(table).replace('%', '%%')} as r"
            " order by number desc limit %s",
            (most,),
        )
        return [
            replace(Release(*told), nodes=None if nodes is None else tuple(nodes))
            for nodes, *told in cursor.fetchall()
        ]


def run_note(cursor: Cursor, live: str, away: str, release: Release) -> Release:
    """Take the table over from the schema that was replaced, and write a release into it.

    Args:
        cursor: in the transaction of the exchange, after the schemas have their new names.
        live: the live schema.
        away: what the schema is called that was live.
        release: what happened.

    Returns it with its number.
    """
    here, there = find_build_schema(live), find_build_schema(away)
    table, old = Relation(here, RELEASES), Relation(there, RELEASES)
    connection = cursor.connection
    steps = []
    if not has_schema(connection, here):
        steps.append(Step(f"schema {here}", f"create schema {quote_identifier(here)}"))
    if has_table(connection, old):
        if has_table(connection, table):
            steps.append(Step(str(table), f"drop table {quote(table)}"))
        move = f"alter table {quote(old)} set schema {quote_identifier(here)}"
        steps.append(Step(str(old), move))
    else:
        steps.append(Step(str(table), _make_sql(table)))
    add = f"alter table {quote(table)} add column if not exists nodes jsonb"
    steps.append(Step(str(table), f"set local client_min_messages = warning; {add}"))
    run_steps(cursor, steps, singly=True, relations=[])
    cursor.execute(
        f"insert into {quote(table).replace('%', '%%')}"  # noqa: S608
        " (action, source, kept, who, run_id, rows_before, rows_after, nodes)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) returning number, at, role",
        (
            release.action,
            release.source,
            release.kept,
            release.who,
            release.run_id,
            json.dumps(dict(release.before)),
            json.dumps(dict(release.after)),
            None if release.nodes is None else json.dumps(release.nodes),
        ),
    )
    number, at, role = cursor.fetchone() or (0, None, "")
    return replace(release, number=number, at=at, role=role)


def _make_sql(table: Relation) -> str:
    return (
        f"create table if not exists {quote(table)} ("
        "number bigint generated always as identity primary key,"
        " at timestamptz not null default now(), action text not null, source text not null,"
        " kept text not null, who text not null, role text not null default session_user,"
        " run_id text not null, rows_before jsonb not null, rows_after jsonb not null,"
        " nodes jsonb)"
    )


def _find_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
