do $$
begin
    insert into staging.block select n, 'of staging.block' from generate_series(1, 3) n;
    raise notice 'done with 100 %%';
end
$$;
with a as (select 10 as id), block as (select id from a)
insert into staging.block select id, 'cte' from block;
create temporary table scratch as select 99 as id;
insert into staging.block select id, 'scratch' from scratch;
