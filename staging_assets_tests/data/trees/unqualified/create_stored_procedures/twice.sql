create or replace function twice(x integer) returns integer language sql immutable as 'select 2 * x';
create or replace function count_measurements(which integer) returns bigint language plpgsql as $$
begin
    return (select count(*) from measurements where station = which);
end $$;
create or replace procedure fill_log() language plpgsql as $$ begin insert into log values (1); end $$;
