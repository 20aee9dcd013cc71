-- The relations of a schema that a branch shows, each with what makes its view:
-- schema, and the names that are wanted.
select
    c.relname::text,
    (
        select json_agg(
            json_build_array(
                a.attname,
                case when k.typnamespace = n.oid then 'text' else format_type(a.atttypid, null) end,
                col_description(c.oid, a.attnum)
            )
            order by a.attnum
        )
        from pg_attribute as a
        join pg_type as t on t.oid = a.atttypid
        join pg_type as k on k.oid = coalesce(nullif(t.typelem, 0), t.oid)
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ),
    obj_description(c.oid, 'pg_class')
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %(live)s and c.relname = any (%(names)s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by 1
