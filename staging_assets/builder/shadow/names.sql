-- What has a name that no two relations of a schema may share, and belongs to the tables of one
-- CREATE script: %(build)s is where they are made, %(live)s where they go, %(own)s their names.
-- Then the names that other tables hold in the live schema, and whose they are.
with tables as (
    select c.oid, c.relname, n.nspname, n.nspname = %(live)s as old
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in (%(build)s, %(live)s) and c.relname = any (%(own)s)
    and c.relkind in ('r', 'p', 'm', 'f')
),
made as (
    select t.old, 'sequence' as kind, s.oid, s.relname as name, t.relname as of_table,
        a.attname::text as addition, 'seq' as label, a.attname::text as what
    from tables as t
    join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
        and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    join pg_class as s on s.oid = d.objid and s.relkind = 'S'
    join pg_attribute as a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    union all
    select t.old, 'index', i.oid, i.relname, t.relname,
        case when k.contype is distinct from 'p' then (
            select string_agg(a.attname, '_' order by a.attnum)
            from pg_attribute as a where a.attrelid = i.oid
        ) end,
        case k.contype when 'p' then 'pkey' when 'u' then 'key' when 'x' then 'excl' else 'idx' end,
        coalesce(
            pg_get_constraintdef(k.oid),
            replace(
                replace(pg_get_indexdef(i.oid), format('%%I.', t.nspname), ''),
                format(' INDEX %%I ON ', i.relname), ' INDEX ON '
            )
        )
    from tables as t
    join pg_index as x on x.indrelid = t.oid
    join pg_class as i on i.oid = x.indexrelid
    left join pg_constraint as k on k.conindid = i.oid and k.conrelid = t.oid
        and k.contype in ('p', 'u', 'x')
    union all
    select t.old, 'statistics', s.oid, s.stxname, t.relname,
        concat_ws(
            '_',
            (
                select string_agg(a.attname, '_' order by a.attname)
                from unnest(s.stxkeys) as c (key)
                join pg_attribute as a on a.attrelid = t.oid and a.attnum = c.key
            ),
            case when s.stxexprs is not null then 'expr' end
        ),
        'stat', replace(pg_get_statisticsobjdef(s.oid), format('%%I.%%I', n.nspname, s.stxname), '')
    from tables as t
    join pg_statistic_ext as s on s.stxrelid = t.oid
    join pg_namespace as n on n.oid = s.stxnamespace
)
select case when old then 'old' else 'new' end, kind, name, of_table, addition, label, what, oid
from made
union all
select 'other', 'relation', c.relname, coalesce(o.relname, c.relname), null, null, null, c.oid
from pg_class as c
left join pg_index as x on x.indexrelid = c.oid
left join pg_depend as d on c.relkind = 'S' and d.classid = 'pg_class'::regclass
    and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
left join pg_class as o on o.oid = coalesce(x.indrelid, d.refobjid)
where c.relnamespace = (select oid from pg_namespace where nspname = %(live)s)
and not exists (
    select from tables as t where not t.old and t.relname = coalesce(o.relname, c.relname)
)
-- A sequence that an older script made by name is the table's own.
and not (o.oid is null and c.relkind = 'S' and c.relname = any (%(own)s))
union all
select 'other', 'statistics', s.stxname, c.relname, null, null, null, s.oid
from pg_statistic_ext as s
join pg_class as c on c.oid = s.stxrelid
where s.stxnamespace = (select oid from pg_namespace where nspname = %(live)s)
and not exists (select from tables as t where not t.old and t.relname = c.relname)
order by 8
