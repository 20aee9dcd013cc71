create table staging.x (
    id int primary key
);
