-- schema: dev; shadow: dev__build; own: x, x_id_seq, kind, X
drop table if exists staging.x cascade;
create type staging.kind as enum ('a');
create table staging.x (
    id serial,
    parent int references staging.x (id),
    other int references staging.other (id),
    kind staging.kind default 'a'::staging.kind
);
create index on staging.x (id);
create trigger t before insert on staging.x for each row execute function staging.touch();
create function staging.count_x() returns bigint language sql as $$ select count(*) from staging.x $$;
insert into staging.x (id) select staging.x(o.id) from staging.other as o;
select setval('staging.x_id_seq', (select max(id) from staging.x)), 'staging.other'::regclass;
do $$ begin insert into staging.x select id from staging.other; end $$;
insert into staging."X" select 1;
comment on table staging.x is 'staging.x';
