-- schema: dev; shadow: dev__build; own: t, t_id_seq
create function staging.rows_of(tab text) returns bigint language plpgsql as $$ declare n bigint; begin execute 'select count(*) from ' || tab into n; return n; end $$;
create function staging.size_of(tab regclass) returns bigint language sql as $$ select pg_relation_size(tab) $$;
create table staging.t (id int default nextval('staging.t_id_seq'), n bigint default staging.rows_of('staging.t'), m bigint default staging.size_of('staging.t'), x bool default to_regclass('staging.t') is null);
create view staging.v as select staging.rows_of('staging.t'), 'staging.t'::regclass, has_table_privilege('staging.t', 'select');
alter table staging.t alter n set default staging.rows_of('staging.t');
insert into staging.t (n) select staging.rows_of('staging.t') + staging.size_of('staging.t') + staging.rows_of('staging.other') where to_regclass('staging.t') is not null;
create table staging.u as select staging.rows_of('staging.t');
