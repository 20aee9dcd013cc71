create table staging.lookup_genders (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_genders is 'Genders as records hold them';
comment on column staging.lookup_genders.code is 'Number of the gender; every gender column refers to it';
comment on column staging.lookup_genders.value is 'Short name of the gender, unique here';
comment on column staging.lookup_genders.description is 'What the gender means, or when to use it';
