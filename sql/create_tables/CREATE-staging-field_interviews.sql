create table staging.field_interviews (
    event_id int not null references staging.events_hub (event_id),
    department_defined_field_interview_id varchar,
    field_interview_type_code int references staging.lookup_field_interview_types (code),
    field_interview_outcome_code int references staging.lookup_field_interview_outcomes (code),
    field_interview_day varchar,
    interviewed_person_id int references staging.people (person_id),
    interviewed_person_age_at_field_interview int,
    interviewed_person_race int references staging.lookup_races (code),
    interviewed_person_ethnicity int references staging.lookup_ethnicities (code),
    interviewed_person_gender int references staging.lookup_genders (code),
    searched_flag boolean,
    search_justification_code int references staging.lookup_search_justifications (code),
    drugs_found_flag boolean,
    drug_type_code int references staging.lookup_drug_types (code),
    weapons_found_flag boolean,
    weapon_type_code int references staging.lookup_weapon_types (code),
    event_datetime timestamp,
    officer_id int references staging.officers_hub (officer_id)
);

create index field_interviews_event_id_idx on staging.field_interviews (event_id);
create index field_interviews_officer_id_idx on staging.field_interviews (officer_id);
create index field_interviews_interviewed_person_id_idx on staging.field_interviews (interviewed_person_id);

comment on table staging.field_interviews is 'Field interviews, one row for each person interviewed';
comment on column staging.field_interviews.event_id is 'Event of the hub that this row describes';
comment on column staging.field_interviews.department_defined_field_interview_id
is 'The department''s own id of the interview card';
comment on column staging.field_interviews.field_interview_type_code
is 'On foot, in a car ...: lookup_field_interview_types';
comment on column staging.field_interviews.field_interview_outcome_code
is 'How it ended: lookup_field_interview_outcomes';
comment on column staging.field_interviews.field_interview_day is 'Name of the weekday, as written';
comment on column staging.field_interviews.interviewed_person_id is 'Person interviewed, in people';
comment on column staging.field_interviews.interviewed_person_age_at_field_interview is 'Full years of age on the day';
comment on column staging.field_interviews.interviewed_person_race is 'Race of the person: lookup_races';
comment on column staging.field_interviews.interviewed_person_ethnicity
is 'Ethnicity of the person: lookup_ethnicities';
comment on column staging.field_interviews.interviewed_person_gender is 'Gender of the person: lookup_genders';
comment on column staging.field_interviews.searched_flag is 'Whether anybody or anything was searched';
comment on column staging.field_interviews.search_justification_code
is 'On what ground: lookup_search_justifications; null without a search';
comment on column staging.field_interviews.drugs_found_flag is 'Whether the search found drugs';
comment on column staging.field_interviews.drug_type_code is 'Which drug was found: lookup_drug_types';
comment on column staging.field_interviews.weapons_found_flag is 'Whether the search found a weapon';
comment on column staging.field_interviews.weapon_type_code is 'Which weapon was found: lookup_weapon_types';
comment on column staging.field_interviews.event_datetime
is 'When the event happened, local time; the same as in events_hub';
comment on column staging.field_interviews.officer_id is 'Interviewing officer, in officers_hub';
