create table staging.use_of_force (
    event_id int not null references staging.events_hub (event_id),
    department_defined_use_of_force_id varchar,
    department_defined_internal_affairs_id varchar,
    use_of_force_type_code int references staging.lookup_use_of_force_type (code),
    in_response_to_resisting_arrest boolean,
    suspect_injury boolean,
    suspect_person_id int references staging.people (person_id),
    suspect_age_at_arrest int,
    suspect_race_code int references staging.lookup_races (code),
    suspect_ethnicity_code int references staging.lookup_ethnicities (code),
    suspect_gender_code int references staging.lookup_genders (code),
    suspect_height_inches int,
    suspect_weight_pounds int,
    suspect_hair_color_code int references staging.lookup_hair_colors (code),
    suspect_eye_color_code int references staging.lookup_eye_colors (code),
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
    recovery_time_minutes int,
    event_datetime timestamp,
    officer_id int references staging.officers_hub (officer_id)
);

create index use_of_force_event_id_idx on staging.use_of_force (event_id);
create index use_of_force_officer_id_idx on staging.use_of_force (officer_id);
create index use_of_force_suspect_person_id_idx on staging.use_of_force (suspect_person_id);

comment on table staging.use_of_force is 'Use of force, one row for each report by an officer on a subject';
comment on column staging.use_of_force.event_id is 'Event of the hub that this row describes';
comment on column staging.use_of_force.department_defined_use_of_force_id
is 'The department''s own number of the force report';
comment on column staging.use_of_force.department_defined_internal_affairs_id
is 'Number of the internal-affairs case that reviewed it';
comment on column staging.use_of_force.use_of_force_type_code is 'Strongest force used: lookup_use_of_force_type';
comment on column staging.use_of_force.in_response_to_resisting_arrest is 'Whether the subject resisted an arrest';
comment on column staging.use_of_force.suspect_injury is 'Whether the subject was hurt';
comment on column staging.use_of_force.suspect_person_id is 'Suspect, in people';
comment on column staging.use_of_force.suspect_age_at_arrest is 'Full years of age on the day';
comment on column staging.use_of_force.suspect_race_code is 'Race, as the officer reported it: lookup_races';
comment on column staging.use_of_force.suspect_ethnicity_code
is 'Ethnicity, as the officer reported it: lookup_ethnicities';
comment on column staging.use_of_force.suspect_gender_code is 'Gender, as the officer reported it: lookup_genders';
comment on column staging.use_of_force.suspect_height_inches is 'Height in inches';
comment on column staging.use_of_force.suspect_weight_pounds is 'Weight in pounds';
comment on column staging.use_of_force.suspect_hair_color_code is 'Hair colour: lookup_hair_colors';
comment on column staging.use_of_force.suspect_eye_color_code is 'Eye colour: lookup_eye_colors';
comment on column staging.use_of_force.application_distance_meters is 'Distance between officer and subject in metres';
comment on column staging.use_of_force.probe_penetration_flag is 'Whether a probe went through the skin';
comment on column staging.use_of_force.no_of_probes is 'How many probes hit';
comment on column staging.use_of_force.reason_no_additional_cartridges_fired_narrative
is 'Why no further cartridge was fired, free text';
comment on column staging.use_of_force.subject_action_narrative is 'What the subject did, free text';
comment on column staging.use_of_force.additional_factors_narrative
is 'What else mattered (drugs, weapons, bystanders), free text';
comment on column staging.use_of_force.restrained_narrative is 'How the subject was restrained, free text';
comment on column staging.use_of_force.state_discharge_narrative
is 'In what state the subject was when the weapon was discharged, free text';
comment on column staging.use_of_force.subject_injuries_narrative is 'What harm the subject suffered, free text';
comment on column staging.use_of_force.post_use_care_narrative is 'What care the subject got afterwards, free text';
comment on column staging.use_of_force.recovery_time_minutes is 'Minutes until the subject had recovered';
comment on column staging.use_of_force.event_datetime
is 'When the event happened, local time; the same as in events_hub';
comment on column staging.use_of_force.officer_id
is 'Officer who used force, in officers_hub; null when the report names none';
