create function staging.a_touch() returns trigger language plpgsql as $$ begin update staging.a set id = 1; return new; end $$;
create table staging.a (
    id int primary key
);
create trigger t before insert on staging.a for each row execute function staging.a_touch();
