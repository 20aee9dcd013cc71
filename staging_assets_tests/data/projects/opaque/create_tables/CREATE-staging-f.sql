create table staging.f (
    id int primary key
);
