create or replace function staging.to_day(what text) returns date language plpgsql immutable as $$
begin
    -- staging.to_day: null when impossible, 100 % of the time
    return what::date;
exception when others then
    return null;
end
$$;
comment on function staging.to_day(text) is 'Parse a day.';
create or replace function staging.next_code() returns int language sql volatile as $$ select 7 $$;
