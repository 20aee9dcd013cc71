create table staging.log (
    id int primary key
);
