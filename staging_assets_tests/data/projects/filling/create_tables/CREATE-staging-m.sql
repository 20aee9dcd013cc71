create table staging.m (
    id int primary key
);
