-- schema: dev
create schema if not exists staging authorization owner_of_it;
drop schema staging, other cascade;
grant usage on schema public, staging to someone;
grant select on all tables in schema staging to someone;
alter default privileges in schema staging grant select on tables to someone;
alter table etl.x set schema staging;
set search_path to staging, public;
set local search_path = "staging", 'staging';
select set_config('search_path', 'staging, public', true);
create function staging.f() returns int language sql set search_path = staging, pg_temp as 'select 1';
create extension hstore schema staging;
alter schema staging owner to someone;
