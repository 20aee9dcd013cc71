create table staging.l (
    id int primary key
);
