create schema etl;
create table etl.audit (table_schema text, host text);
insert into etl.audit values ('staging', 'staging.data.com'), ('live', 'live.data.com');
-- What an extension might bring.
create function public.relation_kind(relation regclass) returns "char" stable language sql
as $$ select relkind from pg_catalog.pg_class where oid = relation $$;
create function public.count_rows(relation text, label text) returns text language plpgsql as $$
declare
    n bigint;
begin
    execute 'select count(*) from ' || relation into n;
    return label || ': ' || n;
end
$$;
create function public.count_through(relation text) returns text language plpgsql
as $$ begin return public.count_rows(relation, 'staging.data'); end $$;
create function public.shout(t text) returns text language sql as $$ select upper(t) || '!' $$;
