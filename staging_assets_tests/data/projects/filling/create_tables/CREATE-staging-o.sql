create table staging.o (
    id int primary key
);
