create table staging.lookup_persons (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_persons is 'Parts that a person plays in an event';
comment on column staging.lookup_persons.code is 'Number of the part; people.person_type_code refers to it';
comment on column staging.lookup_persons.value is 'Short name of the part, unique here';
comment on column staging.lookup_persons.description is 'What the part means, or when to use it';
