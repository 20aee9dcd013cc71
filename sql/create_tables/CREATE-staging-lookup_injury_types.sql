create table staging.lookup_injury_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_injury_types is 'Injuries of officers';
comment on column staging.lookup_injury_types.code
is 'Number of the injury; officer_injury.injury_type_code refers to it';
comment on column staging.lookup_injury_types.value is 'Short name of the injury, unique here';
comment on column staging.lookup_injury_types.description is 'What the injury means, or when to use it';
