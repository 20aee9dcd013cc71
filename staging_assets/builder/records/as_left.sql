-- What belongs to the tables and functions of some nodes, a fingerprint each. Definitions are
-- spelled with the schema first on the path and, by `true`, without what the path says already,
-- so that a promotion changes nothing in them.
with spelled as materialized (
    select set_config('search_path', quote_ident({schema}) || ', pg_temp', true)
),

tables as (
    select c.oid, c.relname::text as node, c.relkind, c.relpersistence
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = {schema} and c.relname = any ({tables}) and c.relkind in ('r', 'p', 'v', 'm', 'f')
),

items as (
    select t.node, 'table' as what, concat_ws(' ', t.oid, t.relkind, t.relpersistence) as definition
    from spelled cross join tables as t
    union all
    select t.node, 'column ' || quote_ident(a.attname), concat_ws(
        ' ',
        format_type(a.atttypid, a.atttypmod),
        a.attnotnull,
        a.attidentity,
        a.attgenerated,
        a.attcollation::regcollation,
        pg_get_expr(d.adbin, d.adrelid)
    )
    from spelled
    cross join tables as t
    join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    union all
    select t.node, 'key ' || quote_ident(k.conname), regexp_replace(
        regexp_replace(pg_get_constraintdef(k.oid, true), ' NOT VALID$', ''),
        ' REFERENCES [^(]*\.', ' REFERENCES '
    )
    from spelled
    cross join tables as t
    join pg_constraint as k on k.conrelid = t.oid and k.contype in ('p', 'u', 'f', 'x', 'c')
    union all
    select t.node, 'index ' || quote_ident(i.relname), concat_ws(
        ' ', pg_get_indexdef(i.oid, 0, true), case when not x.indisvalid then 'INVALID' end
    )
    from spelled
    cross join tables as t
    join pg_index as x on x.indrelid = t.oid
    join pg_class as i on i.oid = x.indexrelid
    where not exists (
        select from pg_constraint as k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')
    )
    union all
    select t.node, 'trigger ' || quote_ident(g.tgname), concat_ws(
        ' ', pg_get_triggerdef(g.oid, true), g.tgenabled
    )
    from spelled
    cross join tables as t
    join pg_trigger as g on g.tgrelid = t.oid and not g.tgisinternal
    union all
    select t.node, 'partition ' || quote_ident(c.relname), pg_get_expr(c.relpartbound, c.oid)
    from spelled
    cross join tables as t
    join pg_inherits as i on i.inhparent = t.oid
    join pg_class as c on c.oid = i.inhrelid
    union all
    select t.node, 'view', pg_get_viewdef(t.oid)
    from spelled
    cross join tables as t
    where t.relkind in ('v', 'm')
    union all
    select
        f.node,
        format('function %s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
        case when p.prokind = 'a' then 'aggregate'
            else regexp_replace(pg_get_functiondef(p.oid), {name}, '', 'g') end
    from spelled
    cross join unnest({nodes}, {schemas}, {functions}) as f (node, schema, name)
    join pg_proc as p on p.proname = f.name
    join pg_namespace as n on n.oid = p.pronamespace and n.nspname = f.schema
)

select node, jsonb_object_agg(what, left(md5(definition), 12)) as items
from items
group by node
