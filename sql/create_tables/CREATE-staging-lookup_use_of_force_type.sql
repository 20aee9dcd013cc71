create table staging.lookup_use_of_force_type (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_use_of_force_type is 'Kinds of force, weakest first';
comment on column staging.lookup_use_of_force_type.code
is 'Number of the force; use_of_force.use_of_force_type_code refers to it';
comment on column staging.lookup_use_of_force_type.value is 'Short name of the force, unique here';
comment on column staging.lookup_use_of_force_type.description is 'What the force means, or when to use it';
