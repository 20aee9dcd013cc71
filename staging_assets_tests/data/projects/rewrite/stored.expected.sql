-- schema: dev; shadow: dev__build; own: t, t_id_seq
create function dev.rows_of(tab text) returns bigint language plpgsql as $$ declare n bigint; begin execute 'select count(*) from ' || tab into n; return n; end $$;
create function dev.size_of(tab regclass) returns bigint language sql as $$ select pg_relation_size(tab) $$;
create table dev__build.t (id int default nextval('dev__build.t_id_seq'), n bigint default dev.rows_of('dev.t'), m bigint default dev.size_of('dev__build.t'), x bool default to_regclass('dev.t') is null);
create view dev.v as select dev.rows_of('dev.t'), 'dev__build.t'::regclass, has_table_privilege('dev.t', 'select');
alter table dev__build.t alter n set default dev.rows_of('dev.t');
insert into dev__build.t (n) select dev.rows_of('dev__build.t') + dev.size_of('dev__build.t') + dev.rows_of('dev.other') where to_regclass('dev__build.t') is not null;
create table dev.u as select dev.rows_of('dev__build.t');
