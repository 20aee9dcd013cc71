do $$
declare r record;
begin
    for r in select id from staging.a join etl.x using (id) loop
        insert into staging.b values (r.id);
    end loop;
end $$;
