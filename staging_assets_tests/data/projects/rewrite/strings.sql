-- schema: dev
select nextval('staging.x_seq'), '"staging"."X"'::regclass, 'staging.f(int)'::regprocedure, to_regclass(' staging . x ');
select 'see staging.x', 'staging', 'the staging.', 'staging.x y', E'staging.x\n', 'not_staging.x';
select * from information_schema.tables where table_schema = 'staging' and table_name = 'staging';
select * from pg_namespace n where n.nspname in ('public', 'staging') or 'staging' = n.nspname;
select 'staging'::regnamespace, to_regnamespace('staging'), has_schema_privilege('staging', 'usage');
select $$staging.x$$::regclass, $q$staging.x is not it$q$, e'staging.\170'::regclass;
create table staging.t (id int default nextval('staging.t_id_seq'::regclass));
