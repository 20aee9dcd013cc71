-- One row per report of force. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Use of force'
),

kind_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_use_of_force_type as meanings on book.value = meanings.value
    where book.code_list = 'use_of_force_type'
)

insert into staging.use_of_force (
    event_id,
    department_defined_use_of_force_id,
    department_defined_internal_affairs_id,
    use_of_force_type_code,
    in_response_to_resisting_arrest,
    suspect_injury,
    suspect_person_id,
    suspect_age_at_arrest,
    suspect_race_code,
    suspect_ethnicity_code,
    suspect_gender_code,
    suspect_height_inches,
    suspect_weight_pounds,
    suspect_hair_color_code,
    suspect_eye_color_code,
    application_distance_meters,
    probe_penetration_flag,
    no_of_probes,
    subject_action_narrative,
    subject_injuries_narrative,
    recovery_time_minutes,
    event_datetime,
    officer_id
)
select
    events.event_id,
    records.force_no,
    records.case_no,
    coalesce(kind_codes.code, 0),
    staging.parse_boolean(records.resisting),
    staging.parse_boolean(records.injured),
    people.person_id,
    staging.age_at(people.date_of_birth, events.event_datetime::date),
    people.race_code,
    people.ethnicity_code,
    people.gender_code,
    people.height_inches,
    people.weight_pounds,
    people.hair_color_code,
    people.eye_color_code,
    staging.parse_integer(records.distance_m),
    staging.parse_boolean(records.penetrated),
    staging.parse_integer(records.probes),
    nullif(records.subject_action, ''),
    nullif(records.subject_injury, ''),
    staging.parse_integer(records.recovery_minutes),
    events.event_datetime,
    events.officer_id
from etl.rms_force as records
inner join events on records.row_id = events.source_event_id
left join kind_codes on staging.normalise_text(records.kind) = kind_codes.spelling
left join staging.people as people on records.person_ref = people.department_defined_person_id
order by events.event_id;
