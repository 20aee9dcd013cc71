-- schema: dev
insert into dev.hosts (host) values ('staging.acme.com'), ('live.acme.com'), ('staging'), ('staging.hosts');
create type dev.stage as enum ('staging.eu', 'live.eu');
alter type dev.stage add value 'staging.us' after 'staging.eu';
create table dev.t (host text default 'staging.acme.com', s dev.stage default 'staging.eu', check (host <> 'staging.bad'));
alter table dev.t alter host set default 'staging.org', add column x text default 'staging.x';
create trigger t before insert on dev.t for each row execute function dev.stamp('staging.t', 'staging');
select case when host = 'staging.a' then 'staging.b' else 'staging.c' end, upper('staging.d'), 'staging.e' || x, array['staging.f'] from dev.t;
select * from dev.t where host in ('staging.a', 'staging.b') or host like 'staging.%' or host = any(array['staging.c']) or 'staging.d' = host;
select * from etl.audit where table_schema = 'staging' and schemaname in ('staging', 'x');
select to_tsvector('staging.acme.com'), count(*) filter (where host = 'staging.x'), lower('staging.y')::text, 'staging.z'::varchar(10);
select current_setting('staging.batch'), set_config('staging.batch', 'staging.x', true), pg_notify('staging', 'staging.x'), json_build_object('staging.x', 'staging');
select format('%s, staging.x and %L', 'staging.y', 'staging.z'), format('%s of staging.x', 'staging') from dev.t;
update dev.t set host = 'staging.x', "table" = 'staging' where id = 1;
copy dev.t from '/data/staging.x' with (delimiter ',', null 'staging.x');
do $$
declare
    host text := 'staging.acme.com';
    tab text;
begin
    if host = 'staging.acme.com' then
        tab := 'dev.' || 't';
    end if;
    insert into dev.t (host) values ('staging.acme.com'), (host);
    execute format('insert into dev.t values (%L, ''staging.b'')', 'staging.c');
    execute 'insert into dev.t values (' || quote_literal('staging.d') || ')';
    execute 'update dev.t set host = $1' using 'staging.e';
    execute 'insert into ' || tab || ' values (1)';
    raise notice 'loading staging.x: %', 'staging.y';
    raise exception using message = 'staging.z';
end
$$;
create function dev.host() returns text language plpgsql as $$ begin return 'staging.acme.com'; end $$;
create function dev.host2() returns text language sql as $$ select 'staging.acme.com' $$;
create policy p on dev.t using (host = 'staging.x');
create rule r as on insert to dev.t do notify staging;
merge into dev.t using dev.s on true when not matched then insert values ('staging.x');
security label on table dev.t is 'staging.x';
create foreign table dev.f (x int) server s options (schema_name 'staging', table_name 'staging.x');
