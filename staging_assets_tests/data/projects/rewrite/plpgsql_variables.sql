-- schema: dev
do $$
declare
    staging record;
    query text := 'select * from staging.x';
begin
    for staging in execute query loop
        insert into staging.y values (staging.id);
    end loop;
end $$;
