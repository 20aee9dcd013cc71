"""Where a replaced table waits for its end when it cannot be dropped at once.

Dropping a table with foreign keys takes a moment's exclusive lock on every table that they
reference, and somebody may be reading those for an hour. So the old table goes to a schema of its
own, which says in its comment what it is, and is dropped as soon as that can be had.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase, digits

import psycopg2
from psycopg2 import extensions

from staging_assets.postgres.hanging import ASIDE, Movable, Step
from staging_assets.postgres.spelling import spell_name, spell_text
from staging_assets.postgres.swap import LockBusyError, take_locks

_DIGITS = digits + ascii_lowercase
_DROP_ORDER = (
    "materialized view",
    "view",
    "statistics",
    "table",
    "foreign table",
    "type",
    "sequence",
)

_FIND = """
select quote_ident(n.nspname),
    (
        select array_agg(format('%%I.%%I', n.nspname, c.relname) order by c.oid)
        from pg_class c
        where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'f') and not c.relispartition
    ),
    (
        select array_agg(format('%%I.%%I', n.nspname, c.relname) order by c.oid desc)
        from pg_class c
        where c.relnamespace = n.oid and c.relkind = 'v'
    ),
    (
        select array_agg(format('%%I.%%I', n.nspname, c.relname) order by c.oid desc)
        from pg_class c
        where c.relnamespace = n.oid and c.relkind = 'm'
    ),
    (
        select array_agg(format('%%I.%%I', n.nspname, t.typname) order by t.oid)
        from pg_type t
        left join pg_class c on c.oid = t.typrelid
        where t.typnamespace = n.oid and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
    ),
    (
        select array_agg(format('%%I.%%I', n.nspname, c.relname) order by c.oid)
        from pg_class c
        where c.relnamespace = n.oid and c.relkind = 'S'
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid
            and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
        )
    )
from pg_namespace n
where obj_description(n.oid, 'pg_namespace') = %s
order by n.oid
"""


def find_aside_schema(schema: str, oid: int) -> str:
    """Name the schema in which an old table of `schema` waits; at most ten bytes longer."""
    text = ""
    while oid:
        oid, digit = divmod(oid, len(_DIGITS))
        text = _DIGITS[digit] + text
    return f"{schema}__o{text}"


def find_moves(old: Sequence[Movable], schema: str, aside: str) -> list[Step]:
    """Statements that make the schema `aside` and move the old objects there."""
    name = spell_name(aside)
    steps = [
        Step("setting the old table aside", f"create schema {name}"),
        Step(
            "setting the old table aside",
            f"comment on schema {name} is {spell_text(_find_comment(schema))}",
        ),
    ]
    return steps + [
        Step(
            f"setting {item.name} aside",
            f"alter {find_noun(item)} {item.name} set schema {name}",
        )
        for item in old
        if item.moves
    ]


def find_drops(old: Sequence[Movable], *, aside: str | None = None) -> list[Step]:
    """Statements that drop the old objects, and nothing that hangs on them.

    Args:
        aside: the schema to which they have been moved, if they have; it is dropped too.
    """
    steps = []
    for noun in _DROP_ORDER:
        if noun == "statistics":
            continue  # they go with their table
        names = [
            f"{spell_name(aside)}.{_find_simple(item)}" if aside and item.moves else item.name
            for item in old
            if item.noun == noun
        ]
        if names:
            steps.append(Step("dropping the old table", f"drop {noun} {', '.join(names)}"))
    if aside:
        steps.append(Step("dropping the old table", f"drop schema {spell_name(aside)}"))
    return steps


def find_noun(item: Movable) -> str:
    """What ALTER calls it."""
    return "type" if item.noun == "multirange" else item.noun


def run_bury(connection: extensions.connection, schema: str) -> list[str]:
    """Drop what publications of `schema` have set aside, as far as locks can be had in a moment.

    Args:
        connection: in autocommit mode, not in a transaction.

    Returns the schemas that stay until the next time: somebody reads what their tables reference,
    or uses a type of theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIND, (_find_comment(schema),))
        found = cursor.fetchall()
        left = []
        for name, tables, views, matviews, types, sequences in found:
            steps = [
                f"drop {noun} {', '.join(names)}"
                for noun, names in (
                    ("materialized view", matviews),
                    ("view", views),
                    ("table", tables),
                    ("type", types),
                    ("sequence", sequences),
                )
                if names
            ]
            cursor.execute("begin")
            try:
                take_locks(cursor, ";".join([*steps, f"drop schema {name}"]), ())
                cursor.execute("commit")
            except (LockBusyError, psycopg2.Error):
                if connection.closed:
                    raise
                cursor.execute("rollback")
                left.append(name)
    return left


def _find_comment(schema: str) -> str:
    return f"{ASIDE} by the build of {schema}; to be dropped"


def _find_simple(item: Movable) -> str:
    """The last part of a quoted, qualified name."""
    at, quoted = 0, False
    for position, character in enumerate(item.name):
        if character == '"':
            quoted = not quoted
        elif character == "." and not quoted:
            at = position + 1
    return item.name[at:]
