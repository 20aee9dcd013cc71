-- schema: dev; shadow: dev__build; own: x, x_id_seq, kind, X
drop table if exists dev__build.x cascade;
create type dev__build.kind as enum ('a');
create table dev__build.x (
    id serial,
    parent int references dev__build.x (id),
    other int references dev.other (id),
    kind dev__build.kind default 'a'::dev__build.kind
);
create index on dev__build.x (id);
create trigger t before insert on dev__build.x for each row execute function dev.touch();
create function dev.count_x() returns bigint language sql as $$ select count(*) from dev.x $$;
insert into dev__build.x (id) select dev.x(o.id) from dev.other as o;
select setval('dev__build.x_id_seq', (select max(id) from dev__build.x)), 'dev.other'::regclass;
do $$ begin insert into dev__build.x select id from dev.other; end $$;
insert into dev__build."X" select 1;
comment on table dev__build.x is 'staging.x';
