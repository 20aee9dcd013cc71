create table staging.lookup_b (
    code int,
    value text
);
