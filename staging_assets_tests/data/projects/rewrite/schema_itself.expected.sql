-- schema: dev
create schema if not exists dev authorization owner_of_it;
drop schema dev, other cascade;
grant usage on schema public, dev to someone;
grant select on all tables in schema dev to someone;
alter default privileges in schema dev grant select on tables to someone;
alter table etl.x set schema dev;
set search_path to dev, public;
set local search_path = dev, 'dev';
select set_config('search_path', 'dev, public', true);
create function dev.f() returns int language sql set search_path = dev, pg_temp as 'select 1';
create extension hstore schema dev;
alter schema dev owner to someone;
