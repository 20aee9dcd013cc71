create table staging.lookup_education_levels (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_education_levels is 'Levels of education';
comment on column staging.lookup_education_levels.code
is 'Number of the level; officer_characteristics.education_level_code refers to it';
comment on column staging.lookup_education_levels.value is 'Short name of the level, unique here';
comment on column staging.lookup_education_levels.description is 'What the level means, or when to use it';
