create table staging.f (
    id int references staging.e (id)
);
