"""Retired tables: where a replaced one waits for its end when it cannot be dropped at once.

Dropping a table with foreign keys takes a moment's exclusive lock on every table that they
reference, and somebody may be reading those for an hour. So the old table goes to a schema of its
own, which says in its comment what it is, and is dropped as soon as that can be had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, digits

import psycopg2

from staging_assets.parser import quote_identifier, quote_literal
from staging_assets.postgres import OWN_PATH, Connection
from staging_assets.publisher.attached.inbound_keys import (
    add_key_steps,
    drop_key_steps,
    find_late,
)
from staging_assets.publisher.attached.objects import InboundKey, TableObject
from staging_assets.publisher.owed_keys import owe_steps, read_presence
from staging_assets.publisher.transaction.brief_locks import LOCK_TIMEOUT
from staging_assets.publisher.transaction.steps import Step

_DIGITS = digits + ascii_lowercase
_DROP_ORDER = (
    "materialized view",
    "view",
    "table",
    "foreign table",
    "type",
    "sequence",
)

_SQL = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True)
class RetiredSchema:
    """Where the old objects of one publication go.

    Args:
        schema: its name.
        made: whether the publication makes it. One schema serves all tables as long as no name
            occurs twice in it: every schema that comes or goes makes all sessions plan anew.
        own: whether it is for this publication alone.
    """

    schema: str
    made: bool
    own: bool


@dataclass(frozen=True)
class _Waiting:
    """A schema of old objects, as it was found.

    Args:
        name: as SQL.
        inbound: foreign keys that still reference its tables.
        objects: kind to names as SQL.
    """

    name: str
    inbound: tuple[InboundKey, ...]
    objects: Mapping[str, Sequence[str]]


def choose_retired_schema(
    schema: str, old: Sequence[TableObject], retired: tuple[bool, bool]
) -> RetiredSchema:
    """Choose where the old objects go.

    Args:
        schema: the live schema.
        old: the old objects.
        retired: whether the schema for all tables exists, and has some of their names.
    """
    exists, taken = retired
    if not taken:
        return RetiredSchema(f"{schema}__old", made=not exists, own=False)
    oid, text = max((item.oid for item in old), default=0), ""
    while oid:
        oid, digit = divmod(oid, len(_DIGITS))
        text = _DIGITS[digit] + text
    return RetiredSchema(f"{schema}__o{text}", made=True, own=True)


def retire_steps(old: Sequence[TableObject], schema: str, retired: RetiredSchema) -> list[Step]:
    """Statements that move the old objects of `schema` to where they wait."""
    name = quote_identifier(retired.schema)
    steps = []
    if retired.made:
        what = "retiring the old table"
        comment = quote_literal(retired_comment(schema))
        steps = [
            Step(what, f"create schema {name}"),
            Step(what, f"comment on schema {name} is {comment}"),
        ]
    return steps + _move_steps("retiring", old, retired.schema)


def keep_steps(old: Sequence[TableObject], schema: str) -> list[Step]:
    """Statements that move old objects to a schema in which they are kept."""
    return _move_steps("keeping", old, schema)


def _move_steps(what: str, objects: Sequence[TableObject], schema: str) -> list[Step]:
    name = quote_identifier(schema)
    return [
        Step(f"{what} {item.name}", f"alter {item.alter} {item.name} set schema {name}")
        for item in objects
        if item.moves
    ]


def drop_steps(old: Sequence[TableObject], *, retired: RetiredSchema | None = None) -> list[Step]:
    """Statements that drop the old objects, and nothing that hangs on them.

    Args:
        retired: where they have been moved, if they have.
    """
    steps = []
    for noun in _DROP_ORDER:
        names = [
            f"{quote_identifier(retired.schema)}.{item.simple}"
            if retired and item.moves
            else item.name
            for item in old
            if item.noun == noun
        ]
        if names:
            steps.append(Step("dropping the old table", f"drop {noun} {', '.join(names)}"))
    if retired and retired.own:
        name = quote_identifier(retired.schema)
        steps.append(Step("dropping the old table", f"drop schema {name}"))
    return steps


def has_retired_sql(schema: str) -> str:
    """A condition: there is a schema of retired tables, which `drop_retired` drops."""
    comment = quote_literal(retired_comment(schema))
    return (
        "exists (select from pg_namespace as n"
        f" where obj_description(n.oid, 'pg_namespace') = {comment})"
    )


def drop_retired(connection: Connection, schema: str) -> list[str]:
    """Drop the tables that publications have retired, as far as locks can be had in a moment.

    Foreign keys of tables that were to be rebuilt, and were not, still reference them: they are
    turned to the new tables, and their validation is owed (`run_validate`).

    Args:
        connection: in autocommit mode, not in a transaction.
        schema: the live schema.

    Returns the schemas that stay until the next time: somebody reads what their tables reference,
    or uses a type of theirs.
    """
    found = _read_waiting(connection, schema)
    if not found:
        return []
    if run_briefly(connection, _drop_all_sql(connection, schema, found)):
        return []
    for waiting in found:
        for key in waiting.inbound:
            run_briefly(connection, _repoint_sql(connection, schema, [key]))
    return [waiting.name for waiting in found if not _run_piecewise(connection, waiting)]


def _read_waiting(connection: Connection, schema: str) -> list[_Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(f"begin; set local search_path = {OWN_PATH}; set local jit = off")
        cursor.execute(
            _SQL.read_text(encoding="utf-8"), {"schema": schema, "comment": retired_comment(schema)}
        )
        found = cursor.fetchall()
        cursor.execute("commit")
    return [
        _Waiting(name, tuple(InboundKey(**key) for key in keys or ()), objects)
        for name, keys, objects in found
    ]


def _drop_all_sql(connection: Connection, schema: str, found: Sequence[_Waiting]) -> list[str]:
    """Turn foreign keys around and drop everything."""
    keys = [key for waiting in found for key in waiting.inbound]
    statements = _repoint_sql(connection, schema, keys)
    for noun in _DROP_ORDER:
        names = [name for waiting in found for name in waiting.objects.get(noun) or ()]
        if names:
            statements.append(f"drop {noun} {', '.join(names)}")
    return [*statements, f"drop schema {', '.join(waiting.name for waiting in found)}"]


def _run_piecewise(connection: Connection, waiting: _Waiting) -> bool:
    """Drop one object at a time; what is kept by another may go when that has gone."""
    left = [(noun, name) for noun in _DROP_ORDER for name in waiting.objects.get(noun) or ()]
    progress = True
    while left and progress:
        stays = [each for each in left if not run_briefly(connection, [f"drop {' '.join(each)}"])]
        tables = [name for noun, name in stays if noun == "table"]
        # Tables that reference each other go together.
        if len(tables) > 1 and run_briefly(connection, [f"drop table {', '.join(tables)}"]):
            stays = [each for each in stays if each[0] != "table"]
        progress = len(stays) < len(left)
        left = stays
    return not left and run_briefly(connection, [f"drop schema {waiting.name}"])


def _repoint_sql(connection: Connection, schema: str, keys: Sequence[InboundKey]) -> list[str]:
    if not keys:
        return []
    version = connection.server_version
    with connection.cursor() as cursor:
        present = read_presence(cursor, schema)
    steps = [
        *drop_key_steps(keys),
        *add_key_steps(keys, server_version=version),
        *owe_steps(schema, find_late(keys, server_version=version), present=present),
    ]
    return [step.statement for step in steps]


def run_briefly(connection: Connection, statements: Sequence[str]) -> bool:
    """Run statements in a transaction if their locks can be had in a moment."""
    with connection.cursor() as cursor:
        cursor.execute("begin")
        try:
            cursor.execute(
                f"set local search_path = {OWN_PATH}; set local lock_timeout = {LOCK_TIMEOUT};"
                f"{';'.join(statements)}; commit"
            )
        except psycopg2.Error:
            if connection.closed:
                raise
            cursor.execute("rollback")
            return False
    return True


def retired_comment(schema: str) -> str:
    """The comment that marks a schema of old objects; the catalog query knows how it begins."""
    return f"staging_assets: set aside by the build of {schema}; to be dropped"
