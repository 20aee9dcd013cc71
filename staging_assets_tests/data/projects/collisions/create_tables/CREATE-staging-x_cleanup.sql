create table staging.x_cleanup (
    id int primary key
);
