-- All that the load has to know about the tables of one CREATE script: $1 is the schema, $2 the
-- names of what the script makes, $3 the schema where it will be published.
with tables as (
    select c.oid, c.relname, c.relkind, format('%I.%I', n.nspname, c.relname) as name,
        c.relkind = 'r' and not c.relispartition and not c.relhassubclass
        and not exists (select from pg_inherits as i where i.inhrelid = c.oid) as plain,
        exists (
            select from pg_trigger as t where t.tgrelid = c.oid and not t.tgisinternal
        ) or exists (
            select from pg_rewrite as r where r.ev_class = c.oid
        ) as reacts
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname = any ($2) and c.relkind in ('r', 'p')
)
select 'constraint', t.name,
    k.contype = 'f' or t.plain and k.coninhcount = 0 and k.conislocal
        and coalesce(i.reltablespace, 0) = 0
        and (k.contype <> 'x' or i.reloptions is null),
    k.oid::bigint, quote_ident(k.conname), k.contype::text,
    case when k.contype in ('p', 'u') and i.reloptions is not null then
        case k.contype when 'p' then 'PRIMARY KEY' else 'UNIQUE' end
        || ' USING INDEX ' || quote_ident(i.relname)
        || case when k.condeferrable then ' DEFERRABLE' else '' end
        || case when k.condeferred then ' INITIALLY DEFERRED' else '' end
    else pg_get_constraintdef(k.oid) end,
    obj_description(k.oid, 'pg_constraint'), k.convalidated,
    case when k.contype <> 'f' then i.oid::regclass::text end,
    case when k.contype <> 'f' then obj_description(i.oid, 'pg_class') end,
    coalesce(x.indisclustered and k.contype <> 'f', false),
    coalesce(x.indisreplident and k.contype <> 'f', false),
    k.confrelid::regclass::text, quote_ident(i.relname), null::jsonb,
    -- A constraint's definition does not say how its index is stored.
    case when k.contype in ('p', 'u') and i.reloptions is not null
        then pg_get_indexdef(i.oid) end,
    t.relkind = 'p'
from tables as t
join pg_constraint as k on k.conrelid = t.oid and k.contype in ('p', 'u', 'x', 'f')
    and k.conparentid = 0
left join pg_class as i on i.oid = k.conindid
left join pg_index as x on x.indexrelid = k.conindid
union all
select 'index', t.name, t.plain and i.reltablespace = 0,
    i.oid::bigint, quote_ident(i.relname), case when x.indisunique then 'unique' else 'index' end,
    pg_get_indexdef(i.oid), null, true, i.oid::regclass::text, obj_description(i.oid, 'pg_class'),
    x.indisclustered, x.indisreplident, null, quote_ident(i.relname),
    (
        select jsonb_object_agg(a.attnum, a.attstattarget) from pg_attribute as a
        where a.attrelid = i.oid and a.attstattarget >= 0
    ), null, t.relkind = 'p'
from tables as t
join pg_index as x on x.indrelid = t.oid
join pg_class as i on i.oid = x.indexrelid
where not exists (
    select from pg_constraint as k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')
)
union all
select 'table', t.name, t.plain, t.oid::bigint, t.relname, t.relkind::text, null, null, t.reacts,
    null, null, false, false, null, null, null, null, false
from tables as t
union all
select 'sequence', t.name, q.seqcache = 1, s.oid::bigint, s.relname, null, null, null, true,
    s.oid::regclass::text, null, false, false, null, null, null, null, false
from tables as t
join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
    and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
join pg_class as s on s.oid = d.objid and s.relkind = 'S'
join pg_sequence as q on q.seqrelid = s.oid
union all
select 'taken', t.name, true, made.oid::bigint, made.relname, null, null, null, true,
    null, null, false, false, null, null, null, null, false
from tables as t
cross join lateral (
    select x.indexrelid from pg_index as x where x.indrelid = t.oid
    union all
    select d.objid from pg_depend as d
    where d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
    and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
) as part (oid)
join pg_class as made on made.oid = part.oid and made.relkind in ('i', 'I', 'S')
join pg_class as o on o.relname = made.relname
    and o.relnamespace = (select oid from pg_namespace where nspname = $3)
left join pg_index as ox on ox.indexrelid = o.oid
left join pg_depend as od on o.relkind = 'S' and od.classid = 'pg_class'::regclass
    and od.objid = o.oid and od.refclassid = 'pg_class'::regclass and od.deptype in ('a', 'i')
left join pg_class as holder on holder.oid = coalesce(ox.indrelid, od.refobjid)
where not exists (select from tables as m where m.relname = coalesce(holder.relname, o.relname))
-- A sequence that an older script made by name is the table's own.
and not (holder.oid is null and o.relkind = 'S' and o.relname = any ($2))
order by 4
