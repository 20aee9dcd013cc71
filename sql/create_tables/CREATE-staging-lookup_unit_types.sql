create table staging.lookup_unit_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_unit_types is 'Kinds of units';
comment on column staging.lookup_unit_types.code
is 'Number of the kind of unit; officer_shifts.unit_type_code (its value) refers to it';
comment on column staging.lookup_unit_types.value is 'Short name of the kind of unit, unique here';
comment on column staging.lookup_unit_types.description is 'What the kind of unit means, or when to use it';
