create table staging.k (
    id int primary key
);
