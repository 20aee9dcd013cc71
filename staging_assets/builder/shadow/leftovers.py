"""Clear the build schema of what a run has left there.

A shadow with foreign keys cannot be dropped without a moment's exclusive lock on the tables that
it references, so this too is done in brief tries.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import psycopg2

from staging_assets.parser import quote_literal
from staging_assets.postgres import (
    BRANCH,
    BUILDS,
    LOADS,
    MARK,
    OWED_KEYS,
    RELEASES,
    Connection,
    find_safe_text,
)

_OURS = [BRANCH, BUILDS, LOADS, MARK, OWED_KEYS, RELEASES]

_FIND = """
select drop_order, statement from (
    select case c.relkind when 'v' then 0 when 'm' then 0 when 'S' then 3 else 1 end as drop_order,
        format(
            'drop %%s if exists %%I.%%I cascade',
            case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                when 'S' then 'sequence' when 'f' then 'foreign table' when 'c' then 'type'
                else 'table' end,
            n.nspname, c.relname
        ) as statement,
        c.relname as name
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = %(schema)s and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    and not c.relispartition
    and not exists (
        select from pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and c.relkind = 'S'
        and d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass
    )
    union all
    select 4, format('drop type if exists %%I.%%I cascade', n.nspname, t.typname), t.typname
    from pg_type as t
    join pg_namespace as n on n.oid = t.typnamespace
    where n.nspname = %(schema)s and t.typtype in ('e', 'd', 'r')
    union all
    select 5, format('drop routine if exists %%s cascade', p.oid::regprocedure), p.proname
    from pg_proc as p
    join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = %(schema)s
    and not exists (
        select from pg_depend as d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i'
    )
    union all
    select 6, format('drop statistics if exists %%I.%%I', n.nspname, s.stxname), s.stxname
    from pg_statistic_ext as s
    join pg_namespace as n on n.oid = s.stxnamespace
    where n.nspname = %(schema)s
) as found
where name <> all (%(kept)s) and not starts_with(name, %(ours)s)
and (%(names)s::text[] is null or name = any (%(names)s))
order by 1, 2
"""
_TRIES = 40
_PAUSE = 0.1


def has_leftovers_sql(build_schema: str) -> str:
    """A condition: there is something that `clear_build_schema` drops."""
    kept = ", ".join(map(quote_literal, _OURS))
    arguments = {
        "schema": quote_literal(build_schema),
        "kept": f"array[{kept}]",
        "ours": quote_literal(f"{BRANCH}_"),
        "names": "null",
    }
    return f"exists ({_FIND % arguments})"


def clear_build_schema(
    connection: Connection,
    build_schema: str,
    names: Iterable[str] | None = None,
    *,
    tries: int = _TRIES,
) -> str | None:
    """Drop what is in the build schema, all of it or what has one of these names.

    Args:
        connection: in autocommit mode, not in a transaction.
        tries: how often a lock that another session holds is asked for; a tenth of a second each.

    Returns why something stayed, or None when all is gone.
    """
    wanted = None if names is None else sorted(names)
    arguments = {"schema": build_schema, "kept": _OURS, "ours": f"{BRANCH}_", "names": wanted}
    for left in range(tries - 1, -1, -1):
        with connection.cursor() as cursor:
            cursor.execute(_FIND, arguments)
            steps = [statement for _, statement in cursor.fetchall()]
            if not steps:
                return None
            try:
                cursor.execute(
                    "begin; set local lock_timeout to '100ms';"
                    "set local client_min_messages to error;" + ";".join(steps) + ";commit"
                )
                return None
            except (
                psycopg2.errors.LockNotAvailable,
                psycopg2.errors.DeadlockDetected,
                psycopg2.errors.OutOfMemory,
            ) as error:
                cursor.execute("rollback")
                reason = find_safe_text(error)
                if isinstance(error, psycopg2.errors.OutOfMemory):
                    return _clear_singly(connection, steps)
        if left:
            time.sleep(_PAUSE)
    return reason


def _clear_singly(connection: Connection, steps: list[str]) -> str | None:
    """Drop one object at a time: all at once need more locks than the server has room for."""
    reason = None
    for step in steps:
        with connection.cursor() as cursor:
            try:
                cursor.execute(
                    "begin; set local lock_timeout to '100ms';"
                    f"set local client_min_messages to error; {step}; commit"
                )
            except psycopg2.Error as error:
                cursor.execute("rollback")
                reason = find_safe_text(error)
    return reason
