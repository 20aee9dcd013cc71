create table staging.schema (
    id int primary key
);
