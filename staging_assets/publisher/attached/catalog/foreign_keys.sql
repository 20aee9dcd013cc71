-- Foreign keys from and to the old table.

-- answer hubs: Which tables does the old one reference?
select coalesce(json_agg(distinct k.confrelid::regclass::text), '[]')
from rel
join pg_constraint k on k.conrelid = rel.oid and k.contype = 'f'
where not rel.new
and not exists (select from rel o where o.oid = k.confrelid)

-- answer inbound: Which foreign keys of other tables reference the old one?
select coalesce(json_agg(json_build_object(
    'schema', n.nspname,
    'table', c.relname,
    'name', k.conname,
    'on', format('%I.%I', n.nspname, c.relname),
    'constraint', quote_ident(k.conname),
    'references', old.relname,
    'scrap', n.nspname in ($2, $1 || '__build')
    or coalesce(obj_description(n.oid, 'pg_namespace') like 'staging_assets: set aside%', false),
    'partitioned', c.relkind = 'p',
    'validated', k.convalidated,
    'enforced', coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
    'period', coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false),
    'definition', pg_get_constraintdef(k.oid),
    'comment', (
        select format(
            'comment on constraint %I on %I.%I is %L',
            k.conname, n.nspname, c.relname, d.description
        )
        from pg_description d
        where d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid
    ),
    'target', (select new.name from rel new where new.new and new.relname = old.relname),
    'columns', (
        select json_agg(json_build_array(
            quote_ident(fa.attname), quote_ident(pa.attname),
            format('operator(%I.%s)', o.nspname, op.oprname)
        ) order by x.ordinality)
        from unnest(k.conkey, k.confkey, k.conpfeqop)
            with ordinality x (fk, pk, op, ordinality)
        join pg_attribute fa on fa.attrelid = k.conrelid and fa.attnum = x.fk
        join pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = x.pk
        join pg_operator op on op.oid = x.op
        join pg_namespace o on o.oid = op.oprnamespace
    )
) order by n.nspname, c.relname, k.conname), '[]')
from outside
join pg_constraint k on outside.classid = 'pg_constraint'::regclass
    and k.oid = outside.objid and k.contype = 'f'
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
join rel old on old.oid = k.confrelid

-- answer owed: Are the build schema, and the table in it that notes what is owed, there?
select json_build_array(n.oid is not null, c.oid is not null)
from (values (1)) one
left join pg_namespace n on n.nspname = $1 || '__build'
left join pg_class c on c.relnamespace = n.oid and c.relname = '__owed_keys'
