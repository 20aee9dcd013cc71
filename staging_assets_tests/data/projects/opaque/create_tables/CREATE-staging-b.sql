create table staging.b (
    id int primary key
);
