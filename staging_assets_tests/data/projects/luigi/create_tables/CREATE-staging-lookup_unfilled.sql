create table staging.lookup_unfilled (
    code int
);
