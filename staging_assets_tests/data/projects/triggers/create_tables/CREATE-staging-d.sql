create table staging.d (
    id int primary key
);
create trigger t before insert on staging.d for each row execute function staging.touch();
