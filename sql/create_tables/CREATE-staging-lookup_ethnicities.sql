create table staging.lookup_ethnicities (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_ethnicities is 'Ethnicities';
comment on column staging.lookup_ethnicities.code is 'Number of the ethnicity; every ethnicity column refers to it';
comment on column staging.lookup_ethnicities.value is 'Short name of the ethnicity, unique here';
comment on column staging.lookup_ethnicities.description is 'What the ethnicity means, or when to use it';
