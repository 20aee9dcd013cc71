"""What a transaction has touched, by the locks that it holds until it ends.

Whatever reads or writes a table locks it, however it got there: by a function, a trigger, a rule,
or SQL that was made while it ran.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from staging_assets.model import Relation, SchemaNames
from staging_assets.parser import quote

_LOCKS = """
select n.nspname::text, c.relname::text, pg_catalog.array_agg(distinct l.mode)
from pg_catalog.pg_locks as l
join pg_catalog.pg_class as c on c.oid = l.relation
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.granted
and l.database = (
    select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()
)
and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
group by 1, 2
order by 1, 2
"""

_READING = frozenset(("AccessShareLock", "RowShareLock"))
_OF_NEW_KEYS = frozenset(("ShareRowExclusiveLock",))
_OF_KEYS = _OF_NEW_KEYS | {"AccessExclusiveLock"}
"""What a foreign key of the table takes on the table that it references, coming or going."""


@dataclass(frozen=True)
class OwnTable:
    """The table of a cleanup.

    Args:
        live: where it will be published.
        build_schema: where it is now.
        own: names of all that belongs to it.
        hubs: tables that it references by foreign keys, as SQL spells them.
        earlier: staging tables that are built before it.
        tables: all staging tables.
        schemas: what scripts call the schemas.
    """

    live: Relation
    build_schema: str
    own: frozenset[str]
    hubs: frozenset[str]
    earlier: frozenset[str]
    tables: frozenset[str]
    schemas: SchemaNames


def find_others_sql() -> str:
    """SQL that gives schema, name and lock modes of the relations that the transaction locks."""
    return _LOCKS


def tell_other(
    relation: Relation, modes: Collection[str], table: OwnTable, own: Collection[str]
) -> str | None:
    """Why a cleanup that has touched a relation cannot run before its table is published.

    Args:
        relation: what was locked.
        modes: how, as `pg_locks` calls it.
        table: the cleanup's.
        own: names of all that belongs to it by now.

    Returns None when it may be touched so.
    """
    live = table.live.schema
    if relation.schema == table.build_schema:
        return None if relation.name in own else f"it touches {relation}"
    if relation.schema == live and relation.name in table.own | {table.live.name}:
        return f"it reaches {relation} by another way than its own statements"
    if relation.schema == live and relation.name in table.tables - table.earlier:
        return f"it touches {relation}, which is not built before it"
    held = set(modes) - _READING
    if "RowExclusiveLock" not in held:
        held -= _OF_KEYS if quote(relation) in table.hubs else _OF_NEW_KEYS
    return f"it writes or alters {relation}" if held else None
