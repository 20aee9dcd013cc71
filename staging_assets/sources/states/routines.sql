-- For each function that is called and that the folder does not make: whether it gives something
-- else at another time, and what it is. A name without a schema is Postgres' own if there is one.
select
    t.key,
    bool_or(
        case
            when p.oid < 16384
                then p.proname = any (%(clock)s)
                    or (p.provolatile = 'v' and p.proname <> all (%(harmless)s))
            -- Citus' own say where a table's rows are kept, and not what they are.
            when e.objid is not null
                then p.provolatile = 'v'
                    and e.refobjid not in (select oid from pg_extension where extname = 'citus')
            else p.provolatile <> 'i'
        end
    ),
    md5(string_agg(
        concat_ws(' ', p.oid, p.prosrc, p.probin, p.proconfig::text, p.prosqlbody::text),
        ',' order by p.oid
    ) filter (where p.oid >= 16384))
from unnest(%(keys)s::text[], %(schemas)s::text[], %(names)s::text[]) as t (key, schema, name)
join pg_proc as p on p.proname = t.name
join pg_namespace as n on n.oid = p.pronamespace
left join pg_depend as e
    on e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'
where
    n.nspname = t.schema
    or (
        t.schema = ''
        and (
            p.oid < 16384
            or not exists (select from pg_proc as b where b.proname = t.name and b.oid < 16384)
        )
    )
group by t.key
