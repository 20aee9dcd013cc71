create table staging.lookup_d (
    code int,
    value text
);
