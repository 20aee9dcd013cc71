-- schema: dev
create function dev.rows_of(tab text, label text default 'staging.x') returns bigint language plpgsql as $$
declare
    sql text;
    n bigint;
begin
    sql := 'select count(*) from ' || tab;
    execute sql into n;
    return n;
end $$;
create function dev.size_of(what regclass) returns bigint language sql as $$ select pg_relation_size(what) $$;
create function dev.size_by_name(text) returns bigint language sql as $$ select pg_relation_size($1::regclass) $$;
create function dev.in_schema(s text, t text default 'staging.x') returns bool language sql as
    $$ select exists (select from pg_tables where schemaname = s and tablename = t) $$;
create function dev.through(label text, t text default 'dev.t') returns bigint language plpgsql as
    $$ declare part text; begin part := split_part(t, '.', 1); return dev.rows_of(t) + length(label); end $$;
create function dev.just_text(t text) returns text language plpgsql as $$ begin execute 'select 1'; return t || '!'; end $$;
create function dev.logs() returns trigger language plpgsql as
    $$ begin execute format('insert into %s select 1', tg_argv[0]); return new; end $$;
create function dev.tags() returns trigger language plpgsql as $$ begin new.tag := tg_argv[0]; return new; end $$;
create procedure dev.fill(schema_name text, label text) language plpgsql as
    $$ begin execute format('insert into %I.t values (%L)', schema_name, label); end $$;
create function dev.record_of() returns void language plpgsql as $$
declare
    r record;
    t text;
    tabs text[] := array['dev.a', 'dev.b'];
    host text := 'staging.acme.com';
begin
    foreach t in array tabs loop execute 'analyze ' || t; end loop;
    for r in select * from (values ('dev.c', 1), ('dev.d', 2)) as v (tab, n) loop
        execute format('insert into %s values (%s, %L)', r.tab, r.n, host);
    end loop;
    select case when host = 'staging.acme.com' then 'dev.e' else 'dev.f' end into t;
    execute 'truncate ' || t;
end $$;
select dev.rows_of('dev.t'), dev.rows_of('dev.t', 'staging.acme.com'), dev.rows_of(label => 'staging.u', tab => 'dev.t');
select dev.size_of('dev.t'), dev.size_by_name('dev.t'), dev.in_schema('dev', 'staging'), dev.through('staging.x', 'dev.t');
select dev.just_text('staging.acme.com'), other.rows_of('staging.t'), unknown_function('staging.t');
call dev.fill('dev', 'staging');
create trigger a after insert on dev.t for each row execute function dev.logs('dev.log');
create trigger b before insert on dev.t for each row execute function dev.tags('staging.log');
create function dev.run_sql(what text) returns void language plpgsql as $$ begin execute what; end $$;
select dev.run_sql('insert into dev.t select ''staging.acme.com'', nextval(''dev.s'') from dev.u staging where staging.id = 1');
select dev.run_sql($q$ delete from dev.t where host = 'staging.t' $q$);
