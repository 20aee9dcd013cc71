-- For each relation that is asked for: the tables that its rows come from, through views,
-- partitions and inheritance, and what Postgres counts for each of them.
with recursive asked as (
    select t.key, to_regclass(t.spelled)::oid as oid
    from unnest(%(keys)s::text[], %(names)s::text[]) as t (key, spelled)
),

origins as (
    select asked.key, asked.oid from asked where asked.oid is not null
    union
    select o.key, n.oid
    from origins as o
    cross join lateral (
        select i.inhrelid as oid from pg_inherits as i where i.inhparent = o.oid
        union all
        select found.parts[1]::oid
        from pg_rewrite as w
        join pg_class as v on v.oid = w.ev_class and v.relkind = 'v'
        cross join lateral regexp_matches(w.ev_action::text, ':relid (\d+)', 'g') as found (parts)
        where w.ev_class = o.oid
    ) as n
)

select
    asked.key,
    c.oid::int8,
    c.relkind::text,
    coalesce(pg_relation_filenode(c.oid), 0)::int8,
    coalesce(
        -- A sequence that is named itself gives numbers to the build, which is no change.
        case when c.relkind <> 'S' then pg_stat_get_tuples_inserted(c.oid)
            when c.oid <> asked.oid then pg_sequence_last_value(c.oid) end,
        0
    )::int8,
    coalesce(pg_stat_get_tuples_updated(c.oid), 0)::int8,
    coalesce(pg_stat_get_tuples_deleted(c.oid), 0)::int8,
    md5(concat(
        (
            select string_agg(
                concat_ws(' ', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod)),
                ',' order by a.attnum
            )
            from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ),
        (select string_agg(w.ev_action::text, '') from pg_rewrite as w
            where w.ev_class = c.oid and c.relkind = 'v')
    )),
    case
        when c.oid < 16384 then 'it reads the catalog: ' || c.relname
        when c.relkind = 'f' then 'it reads a foreign table: ' || c.oid::regclass
        when c.relkind in ('r', 'p') and row_security_active(c.oid)
            then 'row security decides what is seen: ' || c.oid::regclass
        when c.relkind = 'v' then (
            select case
                when w.ev_action::text ~* '\{sqlvaluefunction' then 'its view reads the clock'
                else (
                    select 'its view calls ' || p.proname
                    from regexp_matches(
                        w.ev_action::text, ':(?:funcid|opfuncid|winfnoid|aggfnoid) (\d+)', 'g'
                    ) as called (parts)
                    join pg_proc as p on p.oid = called.parts[1]::oid
                    where case
                        when p.oid < 16384
                            then p.proname = any (%(clock)s)
                                or (p.provolatile = 'v' and p.proname <> all (%(harmless)s))
                        when exists (
                            select from pg_depend as d
                            where d.classid = 'pg_proc'::regclass and d.objid = p.oid
                                and d.deptype = 'e'
                        ) then p.provolatile = 'v'
                        else p.provolatile <> 'i'
                    end
                    limit 1
                )
            end
            from pg_rewrite as w
            where w.ev_class = c.oid
            limit 1
        )
    end
from asked
left join origins on origins.key = asked.key
left join pg_class as c on c.oid = origins.oid
order by asked.key, c.oid
