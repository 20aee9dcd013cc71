-- Row-level security, its policies, and security labels.

-- carry row_security: Was row-level security enabled, or forced?
select 3, 'row-level security', format(
    'alter table %s%s%s', n.place,
    case when o.relrowsecurity then ' enable row level security' else '' end,
    case
        when o.relrowsecurity and o.relforcerowsecurity then ', force row level security'
        when o.relforcerowsecurity then ' force row level security'
        else ''
    end
)
from rel o
join rel n on n.new and n.relname = o.relname
where not o.new and o.relkind in ('r', 'p', 'f') and n.relkind in ('r', 'p', 'f')
and (
    o.relrowsecurity and not n.relrowsecurity
    or o.relforcerowsecurity and not n.relforcerowsecurity
)

-- carry policies: Which policies are not the script's?
select 4, format('policy %I', p.polname), format(
    'create policy %I on %s as %s for %s to %s%s%s',
    p.polname, part.place,
    case when p.polpermissive then 'permissive' else 'restrictive' end,
    case p.polcmd
        when 'r' then 'select'
        when 'a' then 'insert'
        when 'w' then 'update'
        when 'd' then 'delete'
        else 'all'
    end,
    (
        select string_agg(case when x = 0 then 'public' else quote_ident(r.rolname) end, ', ')
        from unnest(p.polroles) x
        left join pg_roles r on r.oid = x
    ),
    coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ''),
    coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
)
from part
join pg_policy p on p.oid = part.oid and part.noun = 'policy'
where not part.new and not exists (
    select from part n
    where n.new and n.noun = 'policy' and n.name = part.name and n.place = part.place
)

-- carry security_labels: Which labels did a security provider give?
select 11, format('security label of %s', l.provider), format(
    'security label for %I on %s is %L', l.provider,
    case
        when t.attname is null then format('%s %s', o.noun, o.place)
        else format('column %s.%I', o.place, t.attname)
    end,
    l.label
)
from rel o
join pg_seclabel l on l.classoid = 'pg_class'::regclass and l.objoid = o.oid
left join pg_attribute t on t.attrelid = o.oid and t.attnum = l.objsubid and l.objsubid <> 0
where not o.new
