"""Tables that a run has built once and no script makes any more: renamed, or removed.

Nothing is dropped unless somebody asks for it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import psycopg2

from staging_assets.builder import Build, forget_builds_sql, read_history
from staging_assets.errors import BuildError
from staging_assets.model import Relation, StagingProject
from staging_assets.parser import quote
from staging_assets.postgres import OWN_PATH, Connection, SchemaLock, Server, find_safe_text

_FOUND = """
select c.relname::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %s and c.relname = any (%s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by 1
"""

_HANGING = """
select c.relname::text, c.relkind::text, greatest(c.reltuples, 0)::int8,
    pg_total_relation_size(c.oid), array(
        select pg_describe_object(d.classid, d.objid, d.objsubid)
        from (
            select distinct
                case when d.classid = 'pg_rewrite'::regclass then 'pg_class'::regclass
                    else d.classid end as classid,
                coalesce(w.ev_class, d.objid) as objid,
                0 as objsubid
            from pg_depend as d
            left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
            left join pg_constraint as k
                on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
            where d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype = 'n'
                and coalesce(w.ev_class, 0) <> c.oid and coalesce(k.conrelid, 0) <> c.oid
                and not (d.classid = 'pg_class'::regclass and exists (
                    select from pg_inherits as i
                    where i.inhrelid = d.objid and i.inhparent = c.oid
                ))
        ) as d
        order by 1
    )
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %s and c.relname = any (%s)
order by 1
"""

_LOCK_TIMEOUT = "2s"
_NOUNS = {"v": "view", "m": "materialized view", "f": "foreign table"}


@dataclass(frozen=True)
class Orphan:
    """A table that no script makes any more.

    Args:
        name: of it.
        kind: `table`, `view` ...
        rows: about, as of the last ANALYZE.
        bytes: on disk, with its indexes.
        hanging: what would go with it: views, foreign keys of other tables.
    """

    name: str
    kind: str
    rows: int
    bytes: int
    hanging: tuple[str, ...] = ()


def find_orphans(
    connection: Connection, project: StagingProject, schema: str, history: Mapping[str, Build]
) -> tuple[str, ...]:
    """The names of the tables that were built here, are there still, and have no script."""
    gone = [
        node
        for node, build in history.items()
        if node not in project.tables and build.made_of and "create" in build.made_of.parts
    ]
    # Another script may make something of that name besides its table.
    made = {name for table in project.tables.values() for name in table.own}
    wanted = sorted(set(gone) - made)
    if not wanted:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, (schema, wanted))
        return tuple(name for (name,) in cursor.fetchall())


def read_orphans(
    connection: Connection, project: StagingProject, schema: str
) -> tuple[Orphan, ...]:
    """Read which tables no script makes any more, and what hangs on them."""
    names = find_orphans(connection, project, schema, read_history(connection, schema))
    if not names:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_HANGING, (schema, list(names)))
        return tuple(
            Orphan(name, _NOUNS.get(kind, "table"), rows, size, tuple(hanging))
            for name, kind, rows, size, hanging in cursor.fetchall()
        )


def run_prune(
    server: Server,
    schema: str,
    orphans: Sequence[Orphan],
    *,
    cascade: bool = False,
) -> None:
    """Drop orphans, all in one transaction, and forget that they were built.

    Args:
        orphans: as `read_orphans` has found them.
        cascade: whether what hangs on them goes with them.

    Raises BuildError when one of them cannot be dropped, BusyError when a run holds the schema;
    nothing is dropped then.
    """
    if not orphans:
        return
    with SchemaLock(
        server, schema, "prune", wait=0, log=lambda level, text: None, cancelled=threading.Event()
    ) as lock:
        try:
            with lock.connection.cursor() as cursor:
                cursor.execute("; ".join(_prune_steps(schema, orphans, cascade=cascade)))
        except psycopg2.Error as error:
            failure = error
        else:
            return
    raise BuildError(
        f"schema {schema}: {find_safe_text(failure)}. Nothing was dropped. "
        "Take away what hangs there, or let it go with them: --cascade."
    )


def _prune_steps(schema: str, orphans: Collection[Orphan], *, cascade: bool) -> list[str]:
    steps = [
        "begin",
        f"set local search_path = {OWN_PATH}",
        f"set local lock_timeout = '{_LOCK_TIMEOUT}'",
    ]
    for kind in sorted({orphan.kind for orphan in orphans}, reverse=True):
        # Together, so that keys and views among them are in nobody's way.
        named = ", ".join(quote(Relation(schema, o.name)) for o in orphans if o.kind == kind)
        steps.append(f"drop {kind} {named}{' cascade' if cascade else ''}")
    return [*steps, forget_builds_sql(schema, [o.name for o in orphans]), "commit"]
