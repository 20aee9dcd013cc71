create table staging.c (
    id int primary key,
    a int references staging.a (id)
);
