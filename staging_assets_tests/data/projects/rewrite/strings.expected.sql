-- schema: dev
select nextval('dev.x_seq'), 'dev."X"'::regclass, 'dev.f(int)'::regprocedure, to_regclass(' dev . x ');
select 'see staging.x', 'staging', 'the staging.', 'staging.x y', E'staging.x\n', 'not_staging.x';
select * from information_schema.tables where table_schema = 'dev' and table_name = 'staging';
select * from pg_namespace n where n.nspname in ('public', 'dev') or 'dev' = n.nspname;
select 'dev'::regnamespace, to_regnamespace('dev'), has_schema_privilege('dev', 'usage');
select $$dev.x$$::regclass, $q$staging.x is not it$q$, e'dev.\170'::regclass;
create table dev.t (id int default nextval('dev.t_id_seq'::regclass));
