create table staging.lookup_a (
    code int primary key,
    value text
);
