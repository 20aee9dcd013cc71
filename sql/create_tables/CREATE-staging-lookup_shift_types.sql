create table staging.lookup_shift_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_shift_types is 'Watches and assignments of shifts';
comment on column staging.lookup_shift_types.code
is 'Number of the shift; officer_shifts.shift_type_code and arrests.shift_code refer to it';
comment on column staging.lookup_shift_types.value is 'Short name of the shift, unique here';
comment on column staging.lookup_shift_types.description is 'What the shift means, or when to use it';
