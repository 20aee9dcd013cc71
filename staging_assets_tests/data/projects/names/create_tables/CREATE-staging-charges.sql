create table staging.charges (
    id int primary key
);
