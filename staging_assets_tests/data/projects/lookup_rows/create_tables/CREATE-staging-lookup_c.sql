create table staging.lookup_c (
    code int
);
