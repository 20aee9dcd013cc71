create or replace function staging.rows_of(relation text, label text default 'staging.data') returns text
    language plpgsql as $$
declare
    n bigint;
begin
    execute format('select count(*) from %s', relation) into n;
    return label || ' ' || n;
end
$$;
create or replace function staging.has_table_of(of_schema text, name text) returns bool language sql as
    $$ select exists (select from pg_tables where schemaname = of_schema and tablename = name) $$;
create or replace function staging.greet(t text) returns text language plpgsql as
    $$ begin return 'hello ' || t; end $$;
create or replace function staging.stamp() returns trigger language plpgsql as
    $$ begin new.stamp := tg_argv[0] || coalesce(new.stamp, ''); return new; end $$;
create or replace function staging.log_it() returns trigger language plpgsql as $$
begin
    execute format('insert into %s (host) values ($1)', tg_argv[0]) using new.host;
    return new;
end
$$;
