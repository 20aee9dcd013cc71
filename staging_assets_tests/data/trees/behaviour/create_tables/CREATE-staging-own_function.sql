create or replace function staging.own_function_touch() returns trigger language plpgsql as $$
begin
    new.touched := 'staging.own_function: ' || new.id;
    return new;
end
$$;
create table staging.own_function (id int primary key, touched text);
create trigger touches before insert on staging.own_function
    for each row execute function staging.own_function_touch();
