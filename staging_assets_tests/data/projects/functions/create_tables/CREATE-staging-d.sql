create table staging.d (
    id int primary key
);
