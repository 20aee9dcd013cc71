create table staging.n (
    id int primary key
);
