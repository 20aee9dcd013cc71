create table staging.y (
    id int primary key
);
