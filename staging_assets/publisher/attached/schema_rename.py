"""What a schema's new name means for its functions, and what the name itself carries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from staging_assets.parser import quote_identifier
from staging_assets.postgres import Cursor
from staging_assets.publisher.transaction.steps import Step

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")

_FUNCTIONS = """
select p.oid::regprocedure::text, pg_get_functiondef(p.oid)
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname = %(schema)s and p.prokind in ('f', 'p', 'w')
and (%(names)s::name[] is null or p.proname = any (%(names)s::name[]))
and (
    position(%(old)s in replace(p.prosrc, '""', '"')) > 0
    or position(%(old)s in replace(array_to_string(p.proconfig, ' '), '""', '"')) > 0
)
order by p.oid
"""

_SCHEMA = """
with old as (select * from pg_namespace where nspname = %(live)s),
new as (select * from pg_namespace where nspname = %(incoming)s)
select 'owner', format('alter schema %%I owner to %%I', %(live)s, r.rolname)
from old, new, pg_roles r
where r.oid = old.nspowner and old.nspowner <> new.nspowner
union all
select 'grants', format(
    'grant %%s on schema %%I to %%s%%s', string_agg(a.privilege_type, ', '), %(live)s,
    case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end,
    case when a.is_grantable then ' with grant option' else '' end
)
from old
cross join lateral aclexplode(old.nspacl) a
left join pg_roles r on r.oid = a.grantee
where a.grantee <> old.nspowner and (a.grantee = 0 or r.oid is not null)
group by a.grantee, r.rolname, a.is_grantable
union all
select 'default privileges', format(
    'alter default privileges for role %%I in schema %%I grant %%s on %%s to %%s%%s',
    o.rolname, %(live)s, string_agg(a.privilege_type, ', '),
    case d.defaclobjtype
        when 'r' then 'tables'
        when 'S' then 'sequences'
        when 'f' then 'routines'
        else 'types'
    end,
    case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end,
    case when a.is_grantable then ' with grant option' else '' end
)
from old
join pg_default_acl d on d.defaclnamespace = old.oid
join pg_roles o on o.oid = d.defaclrole
cross join lateral aclexplode(d.defaclacl) a
left join pg_roles r on r.oid = a.grantee
where a.grantee = 0 or r.oid is not null
group by o.rolname, d.defaclobjtype, a.grantee, r.rolname, a.is_grantable
union all
select 'comment', format('comment on schema %%I is %%L', %(live)s, s.description)
from old
join new on obj_description(new.oid, 'pg_namespace') is null
join pg_description s on s.classoid = 'pg_namespace'::regclass and s.objoid = old.oid
"""


def schema_steps(cursor: Cursor, live: str, incoming: str) -> list[Step]:
    """Statements that give the schema which is going to be `live` what the one that is has.

    Owner, grants, default privileges and the comment; to be run after the renaming.
    """
    cursor.execute(_SCHEMA, {"live": live, "incoming": incoming})
    return [Step(f"{what} of schema {live}", text) for what, text in cursor.fetchall()]


def function_steps(
    cursor: Cursor, old: str, new: str, *, names: Sequence[str] | None = None
) -> list[Step]:
    """Statements that replace functions of schema `new` whose text still says `old`.

    Postgres keeps most function bodies as text, in which a renamed schema has its old name.

    Args:
        names: only functions of these names, which are still in `old`; None is all of `new`.
    """
    schema = new if names is None else old
    listed = None if names is None else list(names)
    cursor.execute(_FUNCTIONS, {"schema": schema, "old": old, "names": listed})
    found = cursor.fetchall()
    if not found:
        return []
    steps = [Step("function bodies", "set local check_function_bodies = off")]
    return steps + [Step(f"function {name}", rename_schema(text, old, new)) for name, text in found]


def rename_schema(text: str, old: str, new: str) -> str:
    """Replace a schema's name in the text of a function that was made with it.

    The text holds the name only where it was written for the schema, quoted if it has to be.
    """
    quoted = new if _PLAIN.match(new) else quote_identifier(new)
    bare = re.compile(rf"(?P<before>'?)(?<![\w$]){re.escape(old)}(?![\w$])(?P<after>'?)")

    def put(found: re.Match[str]) -> str:
        # A whole literal is the bare name, as in a query on information_schema.
        alone = found["before"] and found["after"]
        return f"{found['before']}{new if alone else quoted}{found['after']}"

    return bare.sub(put, text.replace(quote_identifier(old), quoted))
