create table staging.z (
    id int primary key
);
