create table staging.j (
    id int primary key
);
