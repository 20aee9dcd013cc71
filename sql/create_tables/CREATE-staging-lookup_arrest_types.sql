create table staging.lookup_arrest_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_arrest_types is 'Ways of being arrested';
comment on column staging.lookup_arrest_types.code is 'Number of the way; arrests.arrest_type_code refers to it';
comment on column staging.lookup_arrest_types.value is 'Short name of the way, unique here';
comment on column staging.lookup_arrest_types.description is 'What the way means, or when to use it';
