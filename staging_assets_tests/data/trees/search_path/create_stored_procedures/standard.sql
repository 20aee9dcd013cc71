-- Read when it is made, by the path of the script.
set search_path = staging;
create or replace function staging.standard() returns bigint language sql set search_path = pg_catalog
begin atomic
    select count(*) from arrests;
end;
reset search_path;
