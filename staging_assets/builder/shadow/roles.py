"""Scripts that take another role: it may do in the private schema what it may in the live one.

The rights last as long as the transaction that makes and fills the table, and nobody else ever
sees them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from staging_assets.parser import quote_identifier
from staging_assets.postgres import Session

_NAME = r"""('(?:[^']|'')+'|"(?:[^"]|"")+"|[\w$]+)"""
_SETS = re.compile(
    rf"\bset\s+(?:(?:local|session)\s+)?(?:role|session\s+authorization)\s*(?:=|\bto\b)?\s*{_NAME}"
    rf"|\bset_config\s*\(\s*'(?:role|session_authorization)'\s*,\s*{_NAME}",
    re.IGNORECASE,
)

_MIRROR = """
select format(
    'grant %%s on schema %%I to %%I', string_agg(p.name, ', '), %(build)s, r.rolname
)
from pg_roles as r
cross join unnest(array['create', 'usage']) as p (name)
where r.rolname = any (%(roles)s) and has_schema_privilege(r.oid, %(live)s, p.name)
group by r.rolname
union all
select format(
    'alter default privileges for role %%I in schema %%I grant %%s on %%s to %%s%%s',
    o.rolname, %(build)s, string_agg(a.privilege_type, ', '),
    case d.defaclobjtype
        when 'r' then 'tables'
        when 'S' then 'sequences'
        when 'f' then 'routines'
        else 'types'
    end,
    case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end,
    case when a.is_grantable then ' with grant option' else '' end
)
from pg_namespace as n
join pg_default_acl as d on d.defaclnamespace = n.oid
join pg_roles as o on o.oid = d.defaclrole and pg_has_role(o.oid, 'member')
cross join lateral aclexplode(d.defaclacl) as a
left join pg_roles as r on r.oid = a.grantee
where n.nspname = %(live)s and (a.grantee = 0 or r.oid is not null)
group by o.rolname, d.defaclobjtype, a.grantee, r.rolname, a.is_grantable
"""


def find_roles(*scripts: str) -> frozenset[str]:
    """Find the roles that scripts take, as far as their text says it."""
    found = (first or second for text in scripts for first, second in _SETS.findall(text))
    roles = {_read_name(name) for name in found if name.lower() not in ("none", "default")}
    return frozenset(roles)


def _read_name(text: str) -> str:
    quote = text[0]
    if quote in "'\"":
        return text[1:-1].replace(quote * 2, quote)
    return text.lower()


def run_give_rights(session: Session, roles: Collection[str], *, build: str, live: str) -> None:
    """Give roles, in the schema where a table is made, the rights that they have where it goes.

    Args:
        session: in the transaction that makes the table.
        build, live: schemas.
    """
    arguments = {"roles": sorted(roles), "build": build, "live": live}
    steps = [statement for (statement,) in session.run(_MIRROR, arguments)]
    if steps:
        session.run(";".join(steps))


def run_take_rights(session: Session, roles: Collection[str], *, build: str) -> None:
    """Take the rights on the schema away again, before anyone can see them."""
    place = quote_identifier(build)
    there = session.run("select rolname from pg_roles where rolname = any (%s)", (sorted(roles),))
    if there:
        named = ", ".join(quote_identifier(role) for (role,) in there)
        session.run(f"revoke all on schema {place} from {named}")
