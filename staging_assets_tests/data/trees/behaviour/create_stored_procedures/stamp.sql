create or replace function staging.stamp() returns trigger language plpgsql as $$
begin
    new.stamped := coalesce(new.stamped, '') || tg_op || tg_table_name;
    return new;
end
$$;
create or replace procedure staging.fill(most int) language plpgsql as $$
begin
    insert into staging.filled select n, 'n' || n from generate_series(1, most) n;
    execute format('insert into staging.filled values (%s, %L)', most + 1, 'last');
end
$$;
create or replace function staging.twice(x int) returns int language sql immutable
begin atomic
    select x * 2;
end;
