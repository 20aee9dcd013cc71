-- Everything that a CASCADE could take with it, by a name that stays the same when it is remade.
select 'function ' || p.oid::regprocedure::text
from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select case c.relkind when 'v' then 'view ' when 'm' then 'materialized view '
    when 'i' then 'index ' when 'I' then 'index ' when 'S' then 'sequence ' else 'table ' end
    || c.oid::regclass::text
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select 'constraint ' || k.conname || ' on ' || k.conrelid::regclass::text
from pg_constraint as k where k.conrelid <> 0
union all
select 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass::text
from pg_trigger as t where not t.tgisinternal
union all
select 'default of ' || d.adrelid::regclass::text || '.' || a.attname
from pg_attrdef as d join pg_attribute as a on a.attrelid = d.adrelid and a.attnum = d.adnum
union all
select 'policy ' || polname || ' on ' || polrelid::regclass::text from pg_policy
union all
select 'column ' || a.attrelid::regclass::text || '.' || a.attname
from pg_attribute as a join pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v')
join pg_namespace as n on n.oid = c.relnamespace
where a.attnum > 0 and not a.attisdropped
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select 'type ' || t.oid::regtype::text from pg_type as t
join pg_namespace as n on n.oid = t.typnamespace
where t.typtype in ('c', 'd', 'e', 'r')
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
