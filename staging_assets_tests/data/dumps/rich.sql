-- What a schema may hold. Tests put another name in the place of staging.
create schema staging;
comment on schema staging is 'All of it; and more';
grant usage on schema staging to pg_monitor;
alter default privileges in schema staging grant select on tables to pg_monitor;

create type staging.mood as enum ('sad', 'it''s fine', 'happy');
comment on type staging.mood is 'as they say';
create type staging.place as (street text, "Number" integer);
create type staging.idle as range (subtype = integer);
create domain staging.word as text constraint filled check (value <> '');
comment on constraint filled on domain staging.word is 'no empty one';
create sequence staging.shared start with 1000 increment by 5;
create sequence staging.forgotten;
grant usage on sequence staging.shared to pg_monitor;

create function staging.twice(x integer) returns integer language sql immutable as 'select 2 * x';
create function staging.twice(x text) returns text language sql immutable as 'select x || x';
comment on function staging.twice(text) is 'doubles; a text';
create function staging.describe(m staging.mood) returns text language sql immutable
begin atomic
    select case when m = 'happy' then 'good; ' else m::text end;
end;
create function staging.stamp() returns trigger language plpgsql as $$
begin
    new.changed := coalesce(new.changed, 0) + 1;  -- ; a semicolon
    return new;
end $$;
create procedure staging.nothing(in a integer default 3) language plpgsql as $$ begin null; end $$;
revoke all on procedure staging.nothing(integer) from public;
create function staging.add_up(state integer, value integer) returns integer language sql immutable
as 'select coalesce(state, 0) + coalesce(value, 0)';
create aggregate staging.total(integer) (sfunc = staging.add_up, stype = integer, initcond = '0');
create operator staging.@+@ (function = staging.add_up, leftarg = integer, rightarg = integer);
create collation staging.plain (provider = libc, locale = 'C');

create table staging.lookup_races (code integer primary key, value text, valid boolean, since date);
insert into staging.lookup_races values
(1, 'None', true, '2020-01-01'), (2, 'a: b, "c"', null, null), (7, 'null', false, null),
(8, '', true, null), (9, E'two\nlines\tand \\N', true, null), (10, '007', true, null);
create table staging.people (
    id serial primary key,
    number integer default nextval('staging.shared') not null,
    name staging.word collate staging.plain not null unique,
    mood staging.mood default 'sad',
    race integer references staging.lookup_races,
    changed integer,
    boss integer references staging.people,
    home staging.place,
    twice integer generated always as (staging.twice(changed)) stored
);
create table staging.pets (
    id integer generated always as identity (start with 10) primary key,
    owner integer not null,
    number bigint default nextval('staging.shared'),
    name staging.word,
    mood staging.mood,
    note text default 'a; b',
    constraint pets_owner foreign key (owner) references staging.people on delete cascade,
    constraint pets_note check (note <> 'x')
);
create table staging.visits (
    pet integer references staging.pets, day date, cost numeric(8, 2), primary key (pet, day)
);
create table staging.teams (id integer primary key, head integer);
create table staging.members (id integer primary key, team integer references staging.teams);
alter table staging.teams
add constraint teams_head foreign key (head) references staging.members deferrable initially deferred;
create table staging.events (id bigint, day date not null, what text, primary key (id, day))
partition by range (day);
create table staging.events_2023 partition of staging.events
for values from ('2023-01-01') to ('2024-01-01');
create table staging.events_rest partition of staging.events default;
create index events_what on staging.events (what);
create table staging.things (id integer primary key, label text);
create table staging.heavy_things (weight integer) inherits (staging.things);
create table staging."Odd Name" ("Id" integer primary key, "select" text, "a""b" text);
create table staging."with/slash" (id integer);
create unlogged table staging.scratch (id integer, at timestamptz default now());
create table staging.empty ();

create index pets_by_name on staging.pets (lower(name)) where note is not null;
create unique index visits_cost on staging.visits (cost) where cost > 100;
create trigger people_stamp before insert or update on staging.people
for each row execute function staging.stamp();
create rule no_scratch as on delete to staging.scratch do instead nothing;
create view staging.owners as
select p.id, p.name, staging.describe(p.mood) as mood, count(*) as pets
from staging.people p join staging.pets on owner = p.id group by 1;
create view staging.rich_owners with (security_barrier = true) as
select * from staging.owners where pets > 1 with local check option;
create materialized view staging.costs as
select pet, sum(cost) as total from staging.visits group by 1;
create unique index on staging.costs (pet);
create function staging.owners_of(integer) returns setof staging.owners language sql stable as
'select * from staging.owners where id = $1';

comment on table staging.people is 'People; who have pets';
comment on column staging.people.mood is 'as they say';
comment on column staging."Odd Name"."a""b" is 'quoted; twice';
comment on index staging.pets_by_name is 'by name';
comment on constraint pets_owner on staging.pets is 'who';
comment on trigger people_stamp on staging.people is 'stamps';
comment on view staging.owners is 'owners';
comment on sequence staging.shared is 'of two tables';
grant select on staging.people, staging.pets, staging.owners to pg_monitor;
grant select (pet), insert on staging.visits to public;
alter table staging.visits enable row level security;
create policy all_visits on staging.visits for select to pg_monitor using (cost > 0);
create statistics staging.visits_stat on pet, day from staging.visits;
alter table staging.visits alter column pet set statistics 500;
alter table staging.people cluster on people_pkey;
alter table staging.pets replica identity full;
alter table staging.lookup_races set (fillfactor = 80);

insert into staging.people (name, mood, race, boss, home) values
('Ann', 'happy', 1, null, row('Main; St', 3)), ('Bob', null, 2, 1, null), ('Zoë', 'it''s fine', null, 1, null);
insert into staging.pets (owner, name, mood) values
(1, 'Cat', 'sad'), (2, E'Dog\t; \\.', null), (1, E'\\.', null), (1, 'ü "q", x', null);
insert into staging.visits values (10, '2024-01-01', 5), (11, '2024-01-02', 200);
insert into staging.teams values (1, null), (2, null);
insert into staging.members values (5, 1), (6, 2);
update staging.teams set head = id + 4;
insert into staging.events select n, date '2023-12-20' + n, 'event ' || n from generate_series(1, 30) n;
insert into staging.things values (1, 'light');
insert into staging.heavy_things values (2, 'heavy', 90);
insert into staging."Odd Name" values (1, 'from', null), (2, '', E'\b\f\v\r');
insert into staging."with/slash" values (3), (4);
insert into staging.scratch values (1, '2024-01-01');
select nextval('staging.forgotten');
refresh materialized view staging.costs;
