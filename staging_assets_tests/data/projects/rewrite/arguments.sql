-- schema: dev
create function staging.rows_of(tab text, label text default 'staging.x') returns bigint language plpgsql as $$
declare
    sql text;
    n bigint;
begin
    sql := 'select count(*) from ' || tab;
    execute sql into n;
    return n;
end $$;
create function staging.size_of(what regclass) returns bigint language sql as $$ select pg_relation_size(what) $$;
create function staging.size_by_name(text) returns bigint language sql as $$ select pg_relation_size($1::regclass) $$;
create function staging.in_schema(s text, t text default 'staging.x') returns bool language sql as
    $$ select exists (select from pg_tables where schemaname = s and tablename = t) $$;
create function staging.through(label text, t text default 'staging.t') returns bigint language plpgsql as
    $$ declare part text; begin part := split_part(t, '.', 1); return staging.rows_of(t) + length(label); end $$;
create function staging.just_text(t text) returns text language plpgsql as $$ begin execute 'select 1'; return t || '!'; end $$;
create function staging.logs() returns trigger language plpgsql as
    $$ begin execute format('insert into %s select 1', tg_argv[0]); return new; end $$;
create function staging.tags() returns trigger language plpgsql as $$ begin new.tag := tg_argv[0]; return new; end $$;
create procedure staging.fill(schema_name text, label text) language plpgsql as
    $$ begin execute format('insert into %I.t values (%L)', schema_name, label); end $$;
create function staging.record_of() returns void language plpgsql as $$
declare
    r record;
    t text;
    tabs text[] := array['staging.a', 'staging.b'];
    host text := 'staging.acme.com';
begin
    foreach t in array tabs loop execute 'analyze ' || t; end loop;
    for r in select * from (values ('staging.c', 1), ('staging.d', 2)) as v (tab, n) loop
        execute format('insert into %s values (%s, %L)', r.tab, r.n, host);
    end loop;
    select case when host = 'staging.acme.com' then 'staging.e' else 'staging.f' end into t;
    execute 'truncate ' || t;
end $$;
select staging.rows_of('staging.t'), staging.rows_of('staging.t', 'staging.acme.com'), staging.rows_of(label => 'staging.u', tab => 'staging.t');
select staging.size_of('staging.t'), staging.size_by_name('staging.t'), staging.in_schema('staging', 'staging'), staging.through('staging.x', 'staging.t');
select staging.just_text('staging.acme.com'), other.rows_of('staging.t'), unknown_function('staging.t');
call staging.fill('staging', 'staging');
create trigger a after insert on staging.t for each row execute function staging.logs('staging.log');
create trigger b before insert on staging.t for each row execute function staging.tags('staging.log');
create function staging.run_sql(what text) returns void language plpgsql as $$ begin execute what; end $$;
select staging.run_sql('insert into staging.t select ''staging.acme.com'', nextval(''staging.s'') from staging.u staging where staging.id = 1');
select staging.run_sql($q$ delete from staging.t where host = 'staging.t' $q$);
