-- schema: a$$b'c"d\e%f g; own:
create table staging.x (id int);
select 'staging.x'::regclass, E'staging.x'::regclass, $$staging.x$$::regclass, 'staging' = table_schema;
do $$ begin execute format('insert into staging.x select %L', 1); execute 'insert into staging.x select ''staging.y'''; end $$;
do $a$ begin execute $$ select 1 from staging.x $$; end $a$;
set search_path to staging;
