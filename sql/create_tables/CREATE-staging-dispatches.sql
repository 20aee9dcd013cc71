create table staging.dispatches (
    event_id int not null references staging.events_hub (event_id),
    dispatch_id bigint,
    dispatch_address_id int references staging.addresses (address_id),
    police_area_id int references staging.police_area_shapefiles (police_area_id),
    unit_division varchar,
    unit_beat varchar,
    unit_type varchar,
    unit_shift varchar,
    unit_call_sign varchar,
    dispatch_original_type_code int references staging.lookup_dispatch_types (code),
    dispatch_original_type varchar,
    dispatch_original_subtype varchar,
    dispatch_final_type_code int references staging.lookup_dispatch_types (code),
    dispatch_final_type varchar,
    dispatch_final_subtype varchar,
    response_plan_code int references staging.lookup_response_plans (code),
    dispatch_original_priority_code int references staging.lookup_dipatch_priorities (code),
    dispatch_final_priority_code int references staging.lookup_dipatch_priorities (code),
    travel_time_minutes int,
    response_time_minutes int,
    time_on_scene_minutes int,
    datetime_assigned timestamp,
    datetime_arrived timestamp,
    datetime_cleared timestamp,
    sequence_assigned int,
    sequence_arrived int,
    units_assigned int,
    units_arrived int,
    dispatch_category varchar,
    event_datetime timestamp,
    officer_id int references staging.officers_hub (officer_id)
);

create index dispatches_event_id_idx on staging.dispatches (event_id);
create index dispatches_officer_id_idx on staging.dispatches (officer_id);
create index dispatches_dispatch_id_idx on staging.dispatches (dispatch_id);
create index dispatches_dispatch_address_id_idx on staging.dispatches (dispatch_address_id);

comment on table staging.dispatches is 'Units sent to calls, one row for each unit and call';
comment on column staging.dispatches.event_id is 'Event of the hub that this row describes';
comment on column staging.dispatches.dispatch_id is 'Number of the dispatch; one row for each unit that was sent';
comment on column staging.dispatches.dispatch_address_id is 'Where the unit was sent, in addresses';
comment on column staging.dispatches.police_area_id is 'Police area (district, beat) of police_area_shapefiles';
comment on column staging.dispatches.unit_division is 'Division of the unit, as written';
comment on column staging.dispatches.unit_beat is 'Beat of the unit, as written';
comment on column staging.dispatches.unit_type is 'Patrol, traffic, canine ..., as written';
comment on column staging.dispatches.unit_shift is 'Shift of the unit, as written';
comment on column staging.dispatches.unit_call_sign is 'What the unit is called on the radio';
comment on column staging.dispatches.dispatch_original_type_code
is 'Kind of call when it came in: lookup_dispatch_types';
comment on column staging.dispatches.dispatch_original_type is 'Kind of call when it came in, as written';
comment on column staging.dispatches.dispatch_original_subtype is 'Finer kind of call when it came in, as written';
comment on column staging.dispatches.dispatch_final_type_code
is 'Kind of call when it was cleared: lookup_dispatch_types';
comment on column staging.dispatches.dispatch_final_type is 'Kind of call when it was cleared, as written';
comment on column staging.dispatches.dispatch_final_subtype is 'Finer kind of call when it was cleared, as written';
comment on column staging.dispatches.response_plan_code
is 'Which units a call of this kind gets: lookup_response_plans';
comment on column staging.dispatches.dispatch_original_priority_code
is 'Urgency when the call came in: lookup_dipatch_priorities';
comment on column staging.dispatches.dispatch_final_priority_code
is 'Urgency when the call was cleared: lookup_dipatch_priorities';
comment on column staging.dispatches.travel_time_minutes is 'Minutes from setting out to arriving';
comment on column staging.dispatches.response_time_minutes is 'Minutes from the call to arriving';
comment on column staging.dispatches.time_on_scene_minutes is 'Minutes from arriving to clearing';
comment on column staging.dispatches.datetime_assigned is 'When the unit was sent, local time';
comment on column staging.dispatches.datetime_arrived is 'When the unit arrived; null when it never did';
comment on column staging.dispatches.datetime_cleared is 'When the unit was free again';
comment on column staging.dispatches.sequence_assigned is 'Place of the unit in the order of sending, from 1';
comment on column staging.dispatches.sequence_arrived is 'Place of the unit in the order of arriving, from 1';
comment on column staging.dispatches.units_assigned is 'How many units were sent to the call';
comment on column staging.dispatches.units_arrived is 'How many units arrived';
comment on column staging.dispatches.dispatch_category
is 'Citizen''s call, officer''s own initiative or alarm, as written';
comment on column staging.dispatches.event_datetime is 'When the event happened, local time; the same as in events_hub';
comment on column staging.dispatches.officer_id is 'Officer of the unit, in officers_hub';
