create table staging.g (
    id int primary key
);
create trigger t before insert on staging.g for each row execute function staging.dynamic();
