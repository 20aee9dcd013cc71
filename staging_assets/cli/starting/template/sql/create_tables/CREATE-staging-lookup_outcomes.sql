create table staging.lookup_outcomes (
    code int primary key,
    value text not null unique
);

comment on table staging.lookup_outcomes is 'How a visit ended';
