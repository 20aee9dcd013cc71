create table staging.lookup_kinds (
    code int,
    value text
);
