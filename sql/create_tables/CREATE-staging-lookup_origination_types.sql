create table staging.lookup_origination_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_origination_types is 'Whether an incident came from inside or outside the department';
comment on column staging.lookup_origination_types.code
is 'Number of the origin; incidents.origination_type_code refers to it';
comment on column staging.lookup_origination_types.value is 'Short name of the origin, unique here';
comment on column staging.lookup_origination_types.description is 'What the origin means, or when to use it';
