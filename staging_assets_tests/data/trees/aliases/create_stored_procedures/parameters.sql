create or replace function staging.twice(staging int) returns int language sql as $$ select twice.staging * 2 $$;
create or replace function staging.plus(staging numeric) returns numeric language plpgsql as $$
<<outer_block>>
declare
    a record;
begin
    select 1 as n into a;
    return staging + a.n;
end
$$;
