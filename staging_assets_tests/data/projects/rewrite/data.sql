-- schema: dev
insert into staging.hosts (host) values ('staging.acme.com'), ('live.acme.com'), ('staging'), ('staging.hosts');
create type staging.stage as enum ('staging.eu', 'live.eu');
alter type staging.stage add value 'staging.us' after 'staging.eu';
create table staging.t (host text default 'staging.acme.com', s staging.stage default 'staging.eu', check (host <> 'staging.bad'));
alter table staging.t alter host set default 'staging.org', add column x text default 'staging.x';
create trigger t before insert on staging.t for each row execute function staging.stamp('staging.t', 'staging');
select case when host = 'staging.a' then 'staging.b' else 'staging.c' end, upper('staging.d'), 'staging.e' || x, array['staging.f'] from staging.t;
select * from staging.t where host in ('staging.a', 'staging.b') or host like 'staging.%' or host = any(array['staging.c']) or 'staging.d' = host;
select * from etl.audit where table_schema = 'staging' and schemaname in ('staging', 'x');
select to_tsvector('staging.acme.com'), count(*) filter (where host = 'staging.x'), lower('staging.y')::text, 'staging.z'::varchar(10);
select current_setting('staging.batch'), set_config('staging.batch', 'staging.x', true), pg_notify('staging', 'staging.x'), json_build_object('staging.x', 'staging');
select format('%s, staging.x and %L', 'staging.y', 'staging.z'), format('%s of staging.x', 'staging') from staging.t;
update staging.t set host = 'staging.x', "table" = 'staging' where id = 1;
copy staging.t from '/data/staging.x' with (delimiter ',', null 'staging.x');
do $$
declare
    host text := 'staging.acme.com';
    tab text;
begin
    if host = 'staging.acme.com' then
        tab := 'staging.' || 't';
    end if;
    insert into staging.t (host) values ('staging.acme.com'), (host);
    execute format('insert into staging.t values (%L, ''staging.b'')', 'staging.c');
    execute 'insert into staging.t values (' || quote_literal('staging.d') || ')';
    execute 'update staging.t set host = $1' using 'staging.e';
    execute 'insert into ' || tab || ' values (1)';
    raise notice 'loading staging.x: %', 'staging.y';
    raise exception using message = 'staging.z';
end
$$;
create function staging.host() returns text language plpgsql as $$ begin return 'staging.acme.com'; end $$;
create function staging.host2() returns text language sql as $$ select 'staging.acme.com' $$;
create policy p on staging.t using (host = 'staging.x');
create rule r as on insert to staging.t do notify staging;
merge into staging.t using staging.s on true when not matched then insert values ('staging.x');
security label on table staging.t is 'staging.x';
create foreign table staging.f (x int) server s options (schema_name 'staging', table_name 'staging.x');
