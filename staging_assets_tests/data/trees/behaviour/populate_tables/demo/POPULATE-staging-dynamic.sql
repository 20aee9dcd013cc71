do $$
begin
    for i in 1..5 loop
        execute 'insert into staging.dynamic values ($1, $2)' using i, 'x' || i;
    end loop;
end
$$;
