"""Functions and procedures that change places together with the tables of a branch."""

from __future__ import annotations

from collections.abc import Collection

from staging_assets.parser import quote_identifier, quote_literal
from staging_assets.postgres import Cursor
from staging_assets.publisher.attached.routine_users import USER_COLUMNS, USERS
from staging_assets.publisher.transaction.steps import Step

# The names of their parameters' types may change with the tables: so they are found when they move.
_MOVE = """
declare
    routine text;
begin
    for routine in
        select p.oid::regprocedure::text
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = {source} and p.proname = any ({names})
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('i', 'e')
        )
        order by p.oid
    loop
        execute 'alter routine ' || routine || ' set schema ' || {target};
    end loop;
end
"""

# What the old ones have that the new ones are not given by their script.
_CARRIED = """
with routine as (
    select p.*, n.nspname = %(incoming)s as new,
        oidvectortypes(p.proargtypes) as arguments
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in (%(live)s, %(incoming)s) and p.proname = any (%(names)s::name[])
),

pair as (
    select o.*, n.oid as new_oid, n.proowner as new_owner, n.proacl as new_acl,
        format(
            'routine %%I.%%I(%%s)', %(live)s, o.proname, pg_get_function_identity_arguments(o.oid)
        ) as place
    from routine o
    join routine n on n.new and n.proname = o.proname and n.arguments = o.arguments
    where not o.new
)

select 'owner of ' || place, format('alter %%s owner to %%I', place, r.rolname)
from pair
join pg_roles r on r.oid = pair.proowner
where pair.proowner <> pair.new_owner
union all
select 'grants on ' || place, format(
    'grant execute on %%s to %%s%%s', place,
    case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end,
    case when a.is_grantable then ' with grant option' else '' end
)
from pair
cross join lateral aclexplode(pair.proacl) a
left join pg_roles r on r.oid = a.grantee
where a.grantee <> pair.proowner and (a.grantee = 0 or r.oid is not null)
union all
select 'grants on ' || place, format('revoke execute on %%s from public', place)
from pair
where pair.proacl is not null and pair.new_acl is null
and not exists (select from aclexplode(pair.proacl) a where a.grantee = 0)
union all
select 'comment on ' || place, format(
    'comment on %%s is %%L', place, obj_description(pair.oid, 'pg_proc')
)
from pair
where obj_description(pair.oid, 'pg_proc') is not null
and obj_description(pair.new_oid, 'pg_proc') is null
"""

# Who uses a routine that is put aside, and is not put aside with it.
_USERS = f"""
select distinct {USER_COLUMNS}, p.oid::regprocedure::text
{USERS}
where n.nspname = %(live)s and p.proname = any (%(routines)s::name[])
and d.deptype in ('n', 'a')
and not coalesce(c.relnamespace = n.oid and c.relname = any (%(names)s::name[]), false)
and not coalesce(f.pronamespace = n.oid and f.proname = any (%(routines)s::name[]), false)
order by 2, 3
"""


def move_routine_steps(names: Collection[str], *, source: str, target: str) -> list[Step]:
    """Statements that move the routines of some names to another schema, with all their forms.

    They are run with our own search_path.
    """
    if not names:
        return []
    block = _MOVE.format(
        source=quote_literal(source),
        target=quote_literal(quote_identifier(target)),
        names=f"array[{', '.join(map(quote_literal, sorted(names)))}]::name[]",
    )
    return [Step(f"functions of {source}", f"do {quote_literal(block)}")]


def carry_routine_steps(
    cursor: Cursor, names: Collection[str], *, live: str, incoming: str
) -> list[Step]:
    """Statements that give routines which come to the live schema what the old ones have.

    Owner, grants and comment, for those of the same parameters; to be run when they have come.

    Args:
        names: of routines that are still where they were.
    """
    if not names:
        return []
    cursor.execute(_CARRIED, {"live": live, "incoming": incoming, "names": sorted(names)})
    return [Step(what, statement) for what, statement in cursor.fetchall()]


def find_routine_users(
    cursor: Cursor,
    routines: Collection[str],
    names: Collection[str],
    *,
    live: str,
    turned: Collection[int],
) -> list[str]:
    """Say what uses routines that are to be put aside, and stays itself.

    Args:
        routines: their names.
        names: of the relations and types that are put aside with them.
        turned: views that are turned to the new tables, and so to the new routines.
    """
    if not routines:
        return []
    wanted = {"live": live, "routines": sorted(routines), "names": sorted(names)}
    cursor.execute(_USERS, wanted)
    return [
        f"{what}: this uses {routine}, which the branch replaces, and stays itself"
        for oid, what, routine in cursor.fetchall()
        if oid not in turned
    ]
