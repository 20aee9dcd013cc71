-- Schemas in which replaced tables of %(schema)s wait: name as SQL, the foreign keys that still
-- reference what is in it, as they are to be on the new tables, and its objects by kind, the
-- youngest first. %(comment)s: how such a schema is known. Run with an empty search_path.
select quote_ident(n.nspname),
    (
        select json_agg(json_build_object(
            'schema', kn.nspname,
            'table', kc.relname,
            'name', k.conname,
            'on', format('%%I.%%I', kn.nspname, kc.relname),
            'constraint', quote_ident(k.conname),
            'definition', replace(
                pg_get_constraintdef(k.oid),
                format(' REFERENCES %%I.%%I(', n.nspname, c.relname),
                format(' REFERENCES %%I.%%I(', %(schema)s, c.relname)
            ),
            'references', c.relname,
            'target', null,
            'columns', json_build_array(),
            'scrap', false,
            'partitioned', kc.relkind = 'p',
            'validated', k.convalidated,
            'enforced', coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
            'period', false,
            'comment', (
                select format(
                    'comment on constraint %%I on %%I.%%I is %%L',
                    k.conname, kn.nspname, kc.relname, d.description
                )
                from pg_description d
                where d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid
            )
        ) order by kc.oid, k.conname)
        from pg_class c
        join pg_constraint k on k.confrelid = c.oid and k.contype = 'f' and k.conparentid = 0
        join pg_class kc on kc.oid = k.conrelid
        join pg_namespace kn on kn.oid = kc.relnamespace
        where c.relnamespace = n.oid
        and coalesce(obj_description(kn.oid, 'pg_namespace'), '') <> %(comment)s
    ),
    (
        select coalesce(json_object_agg(found.noun, found.names), '{}')
        from (
            select object.noun, json_agg(object.name order by object.oid desc)
            from (
                select format('%%I.%%I', n.nspname, c.relname), c.oid,
                    case c.relkind
                        when 'v' then 'view'
                        when 'm' then 'materialized view'
                        when 'f' then 'foreign table'
                        when 'S' then 'sequence'
                        else 'table'
                    end
                from pg_class c
                where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
                and not c.relispartition
                and not exists (
                    select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid
                    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
                )
                union all
                select format('%%I.%%I', n.nspname, t.typname), t.oid, 'type'
                from pg_type t
                left join pg_class c on c.oid = t.typrelid
                where t.typnamespace = n.oid
                and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
            ) object (name, oid, noun)
            group by object.noun
        ) found (noun, names)
    )
from pg_namespace n
where obj_description(n.oid, 'pg_namespace') = %(comment)s
order by n.oid
