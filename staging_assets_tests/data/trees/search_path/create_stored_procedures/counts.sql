create or replace function staging.count_arrests() returns bigint
    language sql stable security definer
    set search_path = staging, pg_temp
as $$ select count(*) from arrests $$;

create or replace function staging.count_places() returns bigint language plpgsql as $$
begin
    return (select count(distinct place) from arrests);
end
$$ set search_path to 'staging', 'pg_temp';

create or replace function staging.first_place() returns text language plpgsql as $$
declare
    found text;
begin
    set local search_path = staging;
    select min(place) into found from arrests;
    return found;
end
$$;

-- Its path comes from another script.
create or replace function staging.last_id() returns int language plpgsql as
    $$ begin return (select max(id) from arrests); end $$;

-- Its path is the caller's.
create or replace function staging.sum_ids() returns bigint language plpgsql as
    $$ begin return (select sum(id) from arrests); end $$;

create or replace function staging.nothing() returns int language plpgsql set search_path = staging as
    'begin return (select 1 from arrests); end';
