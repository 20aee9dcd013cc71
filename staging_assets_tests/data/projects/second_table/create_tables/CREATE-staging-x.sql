create table staging.x (
    id int primary key
);

create table staging.x_extra (id int);
