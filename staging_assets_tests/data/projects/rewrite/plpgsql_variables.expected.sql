-- schema: dev
do $$
declare
    staging record;
    query text := 'select * from dev.x';
begin
    for staging in execute query loop
        insert into dev.y values (staging.id);
    end loop;
end $$;
