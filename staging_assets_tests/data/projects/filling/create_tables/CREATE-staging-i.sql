create table staging.i (
    id int primary key
);
