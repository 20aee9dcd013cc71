create table staging.taser_used (
    event_id int not null references staging.events_hub (event_id),
    department_defined_taser_id varchar,
    department_defined_internal_affairs_id int,
    application_distance_meters int,
    probe_penetration_flag boolean,
    no_of_probes int,
    reason_no_additional_cartridges_fired_narrative text,
    subject_action_narrative text,
    additional_factors_narrative text,
    restrained_narrative text,
    state_discharge_narrative text,
    subject_injuries_narrative text,
    post_use_care_narrative text,
    recovery_time_minutes int
);

create index taser_used_event_id_idx on staging.taser_used (event_id);

comment on table staging.taser_used is 'Use of tasers, one row for each report';
comment on column staging.taser_used.event_id is 'Event of the hub that this row describes';
comment on column staging.taser_used.department_defined_taser_id is 'The department''s own number of the taser report';
comment on column staging.taser_used.department_defined_internal_affairs_id
is 'Number of the internal-affairs case that reviewed it';
comment on column staging.taser_used.application_distance_meters is 'Distance between officer and subject in metres';
comment on column staging.taser_used.probe_penetration_flag is 'Whether a probe went through the skin';
comment on column staging.taser_used.no_of_probes is 'How many probes hit';
comment on column staging.taser_used.reason_no_additional_cartridges_fired_narrative
is 'Why no further cartridge was fired, free text';
comment on column staging.taser_used.subject_action_narrative is 'What the subject did, free text';
comment on column staging.taser_used.additional_factors_narrative
is 'What else mattered (drugs, weapons, bystanders), free text';
comment on column staging.taser_used.restrained_narrative is 'How the subject was restrained, free text';
comment on column staging.taser_used.state_discharge_narrative
is 'In what state the subject was when the weapon was discharged, free text';
comment on column staging.taser_used.subject_injuries_narrative is 'What harm the subject suffered, free text';
comment on column staging.taser_used.post_use_care_narrative is 'What care the subject got afterwards, free text';
comment on column staging.taser_used.recovery_time_minutes is 'Minutes until the subject had recovered';
