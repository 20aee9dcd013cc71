create table staging.lookup_eis_flag_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_eis_flag_types is 'What makes an early-intervention system raise an alert';
comment on column staging.lookup_eis_flag_types.code
is 'Number of the trigger; department_eis_alerts.event_type refers to it';
comment on column staging.lookup_eis_flag_types.value is 'Short name of the trigger, unique here';
comment on column staging.lookup_eis_flag_types.description is 'What the trigger means, or when to use it';
