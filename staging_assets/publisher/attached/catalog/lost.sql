-- What the new table does not have.

-- answer parents: Of which tables that stay is the old one a partition, or a child, and not the new?
select coalesce(json_agg(json_build_array(o.name, h.inhparent::regclass::text) order by o.name), '[]')
from rel o
join pg_inherits h on h.inhrelid = o.oid
join pg_class p on p.oid = h.inhparent and p.relkind in ('r', 'p', 'f')
where not o.new
and coalesce(obj_description(p.relnamespace, 'pg_namespace'), '') not like 'staging_assets: set aside%'
and not exists (select from rel parent where parent.oid = p.oid)
and not exists (
    select from rel n
    join pg_inherits i on i.inhrelid = n.oid and i.inhparent = p.oid
    where n.new and n.relname = o.relname
)

-- answer gone: Which indexes, keys, columns and partitions of the old table does the script not make?
select coalesce(json_agg(what order by what), '[]')
from (
    select format('index %I', o.relname)
    from rel o
    where not o.new and o.noun = 'index'
    and not exists (select from rel n where n.new and n.relname = o.relname)
    and not exists (select from pg_constraint k where k.conindid = o.oid)
    and not exists (select from pg_inherits h where h.inhrelid = o.oid)
    union all
    select format('constraint %I', part.name)
    from part
    join pg_constraint k on k.oid = part.oid
    where not part.new and part.noun = 'constraint' and k.contype in ('p', 'u', 'f', 'c', 'x')
    and k.conparentid = 0
    and not exists (
        select from part n
        where n.new and n.noun = 'constraint' and n.name = part.name
    )
    union all
    select format('column %I', t.attname)
    from rel o
    join rel n on n.new and n.relname = o.relname
    join pg_attribute t on t.attrelid = o.oid and t.attnum > 0 and not t.attisdropped
    where not o.new and o.relkind in ('r', 'p')
    and not exists (
        select from pg_attribute m
        where m.attrelid = n.oid and m.attname = t.attname and not m.attisdropped
    )
    union all
    select format('partition %s', o.name)
    from rel o
    where not o.new and o.relkind in ('r', 'p', 'f')
    and not exists (select from rel n where n.new and n.relname = o.relname)
) lost (what)
