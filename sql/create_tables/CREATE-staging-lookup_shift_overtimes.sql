create table staging.lookup_shift_overtimes (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_shift_overtimes is 'Whether and why a shift was overtime';
comment on column staging.lookup_shift_overtimes.code
is 'Number of the reason; officer_shifts.shift_overtime_code refers to it';
comment on column staging.lookup_shift_overtimes.value is 'Short name of the reason, unique here';
comment on column staging.lookup_shift_overtimes.description is 'What the reason means, or when to use it';
