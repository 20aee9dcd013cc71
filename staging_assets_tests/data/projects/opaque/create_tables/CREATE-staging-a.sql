create table staging.a (
    id int primary key
);
