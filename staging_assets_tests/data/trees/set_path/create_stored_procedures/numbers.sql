set search_path = staging;
create or replace function next_number(x integer) returns integer language sql as 'select x + 1';
reset search_path;
