-- Comments.

-- with told: Which comments do the old and the new objects have?
told as (
    select false as new, '' as place, '' as noun, '' as name, '' as column_name, '' as target,
        '' as description
    where false
    union all
    select rel.new, rel.place, rel.noun, '', coalesce(t.attname, ''),
        case
            when t.attname is null then format('%s %s', rel.noun, rel.place)
            else format('column %s.%I', rel.place, t.attname)
        end,
        d.description
    from rel
    cross join lateral (
        select x.objsubid, x.description
        from pg_description x
        where x.classoid = 'pg_class'::regclass and x.objoid = rel.oid
        offset 0
    ) d
    left join pg_attribute t on t.attrelid = rel.oid and t.attnum = d.objsubid
        and d.objsubid <> 0
    where rel.relkind <> 'c'
    union all
    select part.new, part.place, part.noun, part.name, '',
        case
            when part.noun = 'statistics' then format(
                'statistics %I.%I', case when part.new then $1 else n.nspname end, s.stxname
            )
            else format('%s %I on %s', part.noun, part.name, part.place)
        end,
        d.description
    from part
    cross join lateral (
        select x.description
        from pg_description x
        where x.classoid = part.classid and x.objoid = part.oid
        offset 0
    ) d
    left join pg_statistic_ext s on s.oid = part.oid and part.noun = 'statistics'
    left join pg_namespace n on n.oid = s.stxnamespace
    union all
    select y.new, y.place, 'type', '', '',
        format('%s %s', case when y.typtype = 'd' then 'domain' else 'type' end, y.place),
        d.description
    from (
        select new, oid, place, typtype from typ
        union all
        select new, reltype, place, 'c' from rel where relkind = 'c'
    ) y
    cross join lateral (
        select x.description
        from pg_description x
        where x.classoid = 'pg_type'::regclass and x.objoid = y.oid
        offset 0
    ) d
)

-- with stands: What can a comment stand on: what the script makes, or what is carried over?
stands as (
    select place, '' as name from rel where new
    union all
    select place, '' from typ where new
    union all
    select place, name from part where new
    union all
    select place, name from part where not new and noun <> 'constraint'
)

-- carry comments: Which comments of the old objects has the script none for?
select 9, 'comments', format('comment on %s is %L', o.target, o.description)
from told o
where not o.new
and not exists (
    select from told n
    where n.new and n.place = o.place and n.name = o.name and n.column_name = o.column_name
)
and exists (select from stands s where s.place = o.place and s.name = o.name)
and (
    o.column_name = ''
    or exists (
        select from rel n
        join pg_attribute t on t.attrelid = n.oid and not t.attisdropped
        where n.new and n.place = o.place and t.attname = o.column_name
    )
)
