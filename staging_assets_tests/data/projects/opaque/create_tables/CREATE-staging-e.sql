create table staging.e (
    id int primary key
);
