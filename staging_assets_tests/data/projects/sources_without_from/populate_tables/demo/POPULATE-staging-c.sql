set search_path = staging, etl;
with z as (select * from bare) insert into staging.c table z;
