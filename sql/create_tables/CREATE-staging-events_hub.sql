create table staging.events_hub (
    event_id serial primary key,
    event_chain_id int,
    source_event_id int,
    department_defined_event_id varchar,
    department_source_id_hashed uuid,
    officer_id int references staging.officers_hub (officer_id),
    event_type_code int references staging.lookup_event_types (code),
    event_datetime timestamp,
    shift_id int references staging.officer_shifts (shift_id),
    dispatch_id bigint,
    off_duty_flag boolean,
    last_moddate timestamp default current_timestamp
);

create index events_hub_officer_id_event_datetime_idx on staging.events_hub (officer_id, event_datetime);
create index events_hub_event_type_code_department_defined_event_id_idx
on staging.events_hub (event_type_code, department_defined_event_id);
create index events_hub_shift_id_idx on staging.events_hub (shift_id);

comment on table staging.events_hub is 'Every event that an officer has a part in; the event tables hang on it';
comment on column staging.events_hub.event_id is 'Number given here; every event table refers to it';
comment on column staging.events_hub.event_chain_id
is 'Number shared by events that belong to one happening, such as a stop and the arrest after it';
comment on column staging.events_hub.source_event_id is 'Row number in the source table, where it has one';
comment on column staging.events_hub.department_defined_event_id
is 'The department''s own number for the event, as written';
comment on column staging.events_hub.department_source_id_hashed
is 'Hash of source table and id, to recognise the event in a later delivery';
comment on column staging.events_hub.officer_id is 'Officer involved; null when the source names none';
comment on column staging.events_hub.event_type_code
is 'Kind of event: lookup_event_types; says which event table holds the details';
comment on column staging.events_hub.event_datetime is 'When the event happened, local time';
comment on column staging.events_hub.shift_id
is 'Shift that the officer was working; null off duty or when no shift covers the moment';
comment on column staging.events_hub.dispatch_id
is 'Dispatch that led to the event: dispatches.dispatch_id; no foreign key, since dispatches refer to events';
comment on column staging.events_hub.off_duty_flag is 'Whether the officer was off duty';
comment on column staging.events_hub.last_moddate is 'When this row was last changed here';
