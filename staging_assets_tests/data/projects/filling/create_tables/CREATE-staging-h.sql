create table staging.h (
    id int primary key
);
