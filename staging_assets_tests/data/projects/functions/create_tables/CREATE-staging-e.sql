create table staging.e (
    id int primary key default staging.next_e()
);
