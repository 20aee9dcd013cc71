create or replace function staging.next_id() returns int language plpgsql as $$
begin
    return (select max(id) + 1 from staging.a);
end $$;
