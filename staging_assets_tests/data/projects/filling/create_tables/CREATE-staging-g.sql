create table staging.g (
    id int primary key
);
