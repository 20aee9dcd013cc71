create table staging.lookup_hazards (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_hazards is 'Special dangers of a shift';
comment on column staging.lookup_hazards.code is 'Number of the danger; officer_shifts.hazard_code refers to it';
comment on column staging.lookup_hazards.value is 'Short name of the danger, unique here';
comment on column staging.lookup_hazards.description is 'What the danger means, or when to use it';
