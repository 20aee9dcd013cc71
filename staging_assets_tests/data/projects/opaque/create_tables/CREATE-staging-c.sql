create table staging.c (
    id int primary key
);
