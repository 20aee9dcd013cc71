create view staging.looked_up as
select
    t.tablename,
    staging.has_table_of('staging', 'hosts') as has_hosts,
    has_table_privilege('staging.hosts', 'select') as readable,
    'staging.hosts'::regclass as relation,
    'staging.data'::text as text
from pg_tables as t
where t.schemaname = 'staging' and (t.schemaname, t.tablename) in (('staging', 'hosts'), ('staging', 'said'));
