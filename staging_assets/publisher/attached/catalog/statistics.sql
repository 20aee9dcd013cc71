-- What the planner was told by hand, and which index the rows are put in order by.

-- with hint: Which extended statistics, targets of ANALYZE and counts of values are not the script's?
hint (rank, label, statement, place) as (
    select 7, format('statistics %I', part.name), pg_get_statisticsobjdef(part.oid)
    || coalesce(
        format('; alter statistics %I.%I set statistics ', s.nspname, s.stxname) || s.target, ''
    ),
    part.place
    from part
    cross join lateral (
        select n.nspname, x.stxname, nullif(x.stxstattarget, -1) as target
        from pg_statistic_ext x
        join pg_namespace n on n.oid = x.stxnamespace
        where x.oid = part.oid
    ) s
    where part.noun = 'statistics' and not part.new and not exists (
        select from part n
        where n.new and n.noun = 'statistics' and n.name = part.name and n.place = part.place
    )
    union all
    select 7, format('statistics of %s.%I', n.place, was.attname),
        format(
            'alter %s %s%s alter column %I set %s', n.noun,
            case when n.relkind = 'm' then '' else 'only ' end, n.place, was.attname, said.what
        ),
        n.place
    from rel o
    join rel n on n.new and n.relname = o.relname and n.relkind = o.relkind
    join pg_attribute was on was.attrelid = o.oid and was.attnum > 0 and not was.attisdropped
    join pg_attribute t on t.attrelid = n.oid and t.attname = was.attname and not t.attisdropped
    cross join lateral (
        select format('statistics %s', was.attstattarget)
        where nullif(was.attstattarget, -1) is not null and nullif(t.attstattarget, -1) is null
        union all
        select format('(%s)', string_agg(x, ', '))
        from unnest(was.attoptions) x
        where x like 'n\_distinct%' and not coalesce(array_to_string(t.attoptions, ' '), '') like '%n\_distinct%'
        having count(*) > 0
    ) said (what)
    where not o.new and o.relkind in ('r', 'p', 'f', 'm')
    union all
    -- Of a column of an index that is an expression.
    select 7, format('statistics of %s', n.place),
        format('alter index %s alter column %s set statistics %s', n.place, t.attnum, was.attstattarget),
        (select place from rel where rel.oid = i.indrelid)
    from rel o
    join rel n on n.new and n.relname = o.relname and n.relkind = o.relkind
    join pg_attribute was on was.attrelid = o.oid and nullif(was.attstattarget, -1) is not null
    join pg_attribute t on t.attrelid = n.oid and t.attnum = was.attnum
        and nullif(t.attstattarget, -1) is null
    join pg_index i on i.indexrelid = n.oid and i.indkey[t.attnum - 1] = 0
    where not o.new and o.noun = 'index'
)

-- carry hints: How is the planner told the same again?
select rank, label, statement from hint

-- carry clustering: Which index were the rows put in order by, if the script names none?
select 8, 'clustering', format('alter %s %s cluster on %I', n.noun, n.place, x.relname)
from rel o
join rel n on n.new and n.relname = o.relname and n.relkind = o.relkind
join pg_index was on was.indrelid = o.oid and was.indisclustered
join pg_class x on x.oid = was.indexrelid
join pg_index i on i.indrelid = n.oid and i.indpred is null
    and pg_index_has_property(i.indexrelid, 'clusterable')
join pg_class y on y.oid = i.indexrelid and y.relname = x.relname
where not o.new and o.relkind in ('r', 'm')
and not exists (select from pg_index c where c.indrelid = n.oid and c.indisclustered)

-- answer analyze: Which tables have to be analyzed once the planner has been told?
select coalesce(json_agg(distinct place), '[]') from hint
