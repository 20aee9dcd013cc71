create table staging.w (
    id int primary key
);
