create table staging.b (
    id int primary key
);
create trigger t before insert on staging.b for each row execute function staging.audit();
