create table staging.lookup_shift_bodycams (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_shift_bodycams is 'Whether a body camera was worn on a shift';
comment on column staging.lookup_shift_bodycams.code
is 'Number of the state; officer_shifts.shift_bodycam_code refers to it';
comment on column staging.lookup_shift_bodycams.value is 'Short name of the state, unique here';
comment on column staging.lookup_shift_bodycams.description is 'What the state means, or when to use it';
