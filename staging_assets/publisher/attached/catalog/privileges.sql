-- Owners and grants.

-- with wanted: Which privileges do the old objects give, and the live schema to new ones?
wanted as (
    select o.relname, null::name as attname, a.privilege_type, a.grantee, a.is_grantable
    from rel o
    cross join lateral aclexplode(o.relacl) a
    where not o.new and a.grantee <> o.relowner
    union
    select o.relname, t.attname, a.privilege_type, a.grantee, a.is_grantable
    from rel o
    join pg_attribute t on t.attrelid = o.oid
    cross join lateral aclexplode(t.attacl) a
    where not o.new and a.grantee <> o.relowner
    union
    select n.relname, null, a.privilege_type, a.grantee, a.is_grantable
    from space
    join pg_default_acl d on d.defaclnamespace = space.live
    join rel n on n.new and n.relowner = d.defaclrole
        and case when n.relkind = 'S' then 'S' else 'r' end = d.defaclobjtype
    cross join lateral aclexplode(d.defaclacl) a
    where n.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and a.grantee <> n.relowner
)

-- with given: Which privileges do the new objects give already?
given as (
    select n.relname, null::name as attname, a.privilege_type, a.grantee, a.is_grantable
    from rel n
    cross join lateral aclexplode(n.relacl) a
    where n.new
    union all
    select n.relname, t.attname, a.privilege_type, a.grantee, a.is_grantable
    from rel n
    join pg_attribute t on t.attrelid = n.oid
    cross join lateral aclexplode(t.attacl) a
    where n.new
)

-- with missing: Which are missing, and still possible?
missing as (
    select distinct n.place, n.noun, m.attname, m.privilege_type, m.is_grantable,
        case when m.grantee = 0 then 'public' else quote_ident(r.rolname) end as grantee
    from (select * from wanted except select * from given) m
    join rel n on n.new and n.relname = m.relname
    left join pg_roles r on r.oid = m.grantee
    where (m.grantee = 0 or r.oid is not null)
    and (
        m.attname is null
        or exists (
            select from pg_attribute t
            where t.attrelid = n.oid and t.attname = m.attname and not t.attisdropped
        )
    )
    union
    select n.place, 'type', null, a.privilege_type, a.is_grantable,
        case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end
    from typ o
    join typ n on n.new and n.typname = o.typname
    cross join lateral aclexplode(o.typacl) a
    left join pg_roles r on r.oid = a.grantee
    where not o.new and a.grantee <> o.typowner and n.typtype <> 'm'
    and (a.grantee = 0 or r.oid is not null)
)

-- carry owner: Who owned a relation?
select 1, 'owner', format('alter %s %s owner to %I', n.noun, n.place, r.rolname)
from rel o
join rel n on n.new and n.relname = o.relname and n.relkind = o.relkind
join pg_roles r on r.oid = o.relowner
where not o.new and o.relowner <> n.relowner and not n.owned and n.noun <> 'index'

-- carry type_owner: Who owned a type?
select 1, 'owner', format('alter type %s owner to %I', n.place, r.rolname)
from typ o
join typ n on n.new and n.typname = o.typname
join pg_roles r on r.oid = o.typowner
where not o.new and o.typowner <> n.typowner and n.typtype <> 'm'

-- carry grants: What was granted?
select 2, 'grants', format(
    'grant %s on %s %s to %s%s',
    string_agg(
        case
            when attname is null then privilege_type
            else format('%s (%I)', privilege_type, attname)
        end,
        ', ' order by privilege_type, attname
    ),
    case when noun in ('sequence', 'type') then noun else 'table' end,
    place, grantee, case when is_grantable then ' with grant option' else '' end
)
from missing
where noun <> 'index'
group by place, noun, grantee, is_grantable
