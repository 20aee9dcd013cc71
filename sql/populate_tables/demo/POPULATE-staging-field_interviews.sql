-- One row per field interview. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
-- Drugs and weapons count as found where the interview names one.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Field interview'
),

kind_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_field_interview_types as meanings on book.value = meanings.value
    where book.code_list = 'field_interview_types'
),

outcome_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_field_interview_outcomes as meanings on book.value = meanings.value
    where book.code_list = 'field_interview_outcomes'
),

search_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_search_justifications as meanings on book.value = meanings.value
    where book.code_list = 'search_justifications'
),

drug_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_drug_types as meanings on book.value = meanings.value
    where book.code_list = 'drug_types'
),

weapon_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_weapon_types as meanings on book.value = meanings.value
    where book.code_list = 'weapon_types'
)

insert into staging.field_interviews (
    event_id,
    department_defined_field_interview_id,
    field_interview_type_code,
    field_interview_outcome_code,
    field_interview_day,
    interviewed_person_id,
    interviewed_person_age_at_field_interview,
    interviewed_person_race,
    interviewed_person_ethnicity,
    interviewed_person_gender,
    searched_flag,
    search_justification_code,
    drugs_found_flag,
    drug_type_code,
    weapons_found_flag,
    weapon_type_code,
    event_datetime,
    officer_id
)
select
    events.event_id,
    records.interview_no,
    coalesce(kind_codes.code, 0),
    coalesce(outcome_codes.code, 0),
    to_char(events.event_datetime, 'FMDay'),
    people.person_id,
    staging.age_at(people.date_of_birth, events.event_datetime::date),
    people.race_code,
    people.ethnicity_code,
    people.gender_code,
    staging.parse_boolean(records.searched),
    case
        when staging.parse_boolean(records.searched) then coalesce(search_codes.code, 0)
    end,
    drug_codes.code is not null,
    drug_codes.code,
    weapon_codes.code is not null,
    weapon_codes.code as weapon_type_code,
    events.event_datetime,
    events.officer_id
from etl.rms_field_interviews as records
inner join events on records.row_id = events.source_event_id
left join kind_codes on staging.normalise_text(records.kind) = kind_codes.spelling
left join outcome_codes on staging.normalise_text(records.outcome) = outcome_codes.spelling
left join search_codes on staging.normalise_text(records.search_reason) = search_codes.spelling
left join drug_codes on staging.normalise_text(records.drug) = drug_codes.spelling
left join weapon_codes on staging.normalise_text(records.weapon) = weapon_codes.spelling
left join staging.people as people on records.person_ref = people.department_defined_person_id
order by events.event_id;
