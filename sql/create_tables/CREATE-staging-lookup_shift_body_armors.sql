create table staging.lookup_shift_body_armors (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_shift_body_armors is 'Body armour worn on a shift';
comment on column staging.lookup_shift_body_armors.code
is 'Number of the armour; officer_shifts.shift_body_armor_code refers to it';
comment on column staging.lookup_shift_body_armors.value is 'Short name of the armour, unique here';
comment on column staging.lookup_shift_body_armors.description is 'What the armour means, or when to use it';
