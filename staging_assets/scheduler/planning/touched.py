"""What a build touches besides the tables that it builds: their columns, and what hangs on them."""

from __future__ import annotations

from staging_assets.checks import find_coming_changes
from staging_assets.model import StagingProject
from staging_assets.postgres import Connection
from staging_assets.scheduler.planning.decide import BuildPlan

_CHANGING = ("script", "drifted")

_HANGING = """
select c.relname::text, h.what
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    select distinct 1 as place, 'view ' || w.ev_class::regclass as what
    from pg_depend as d
    join pg_rewrite as w on w.oid = d.objid
    where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
        and d.refobjid = c.oid and w.ev_class <> c.oid
    union all
    select 2, format('foreign key %%s of %%s', k.conname, k.conrelid::regclass)
    from pg_constraint as k
    where k.confrelid = c.oid and k.contype = 'f' and k.conrelid <> c.oid and k.conparentid = 0
    union all
    select 3, format(
        'grant %%s to %%s', string_agg(lower(a.privilege_type), ', ' order by a.privilege_type),
        case when a.grantee = 0 then 'public' else a.grantee::regrole::text end
    )
    from aclexplode(c.relacl) as a
    where a.grantee <> c.relowner
    group by a.grantee
) as h
where n.nspname = %s and c.relname = any (%s) and c.relkind in ('r', 'p')
order by c.relname, h.place, h.what
"""


def read_touched(
    connection: Connection, project: StagingProject, schema: str, plan: BuildPlan
) -> dict[str, list[str]]:
    """Read what a plan changes of the structure of tables, and what is carried over to new ones.

    Args:
        connection: in autocommit mode.
        plan: the tables that it builds are looked at.

    Returns table to lines for people; those of which there is nothing to say have no entry.
    """
    tables = [node for node in plan.build if node in project.tables]
    changing = [
        node for node in tables if any(reason.kind in _CHANGING for reason in plan.build[node])
    ]
    found: dict[str, list[str]] = {node: [] for node in tables}
    for node, lines in find_coming_changes(connection, project, schema, changing).items():
        found[node] += lines
    with connection.cursor() as cursor:
        cursor.execute("set search_path = pg_catalog, pg_temp")
        cursor.execute(_HANGING, (schema, tables))
        for node, what in cursor.fetchall():
            found[node].append(f"carried over: {what}")
    return {node: lines for node, lines in found.items() if lines}
