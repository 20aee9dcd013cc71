-- One row per complaint. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
-- A complaint of an officer has no citizen. A day of receipt before the event is none.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Complaint'
),

officer_numbers as (
    select
        officer_id,
        staging.normalise_identifier(department_defined_officer_id) as employee
    from staging.officers_hub
),

origin_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_complaint_origins as meanings on book.value = meanings.value
    where book.code_list = 'complaint_origins'
),

read_complaints as materialized (
    select
        complaints.*,
        accusers.officer_id as accuser_id,
        staging.parse_date(complaints.received_on) as received
    from etl.ia_complaints as complaints
    left join officer_numbers as accusers
        on staging.normalise_identifier(complaints.accusing_employee_no) = accusers.employee
)

insert into staging.complaints (
    event_id,
    complaint_id,
    accusing_officer_id,
    department_defined_policy_violated,
    complaint_narrative,
    datetime,
    department_defined_complaint_id,
    processed_flag,
    complaint_origin_code,
    accusing_citizen_hash,
    accusing_citizen_race_code,
    accusing_citizen_ethnicity_code,
    accusing_citizen_gender_code,
    accusing_citizen_age_at_complaint,
    event_datetime,
    officer_id
)
select
    events.event_id,
    staging.parse_integer(substr(records.complaint_no, 4)),
    records.accuser_id,
    nullif(btrim(records.policy), ''),
    nullif(btrim(records.narrative), ''),
    case
        when records.received >= events.event_datetime::date then records.received
    end,
    records.complaint_no,
    staging.parse_boolean(records.processed),
    coalesce(origin_codes.code, 0),
    hashtext(people.department_defined_person_id),
    people.race_code,
    people.ethnicity_code,
    people.gender_code,
    staging.age_at(people.date_of_birth, events.event_datetime::date),
    events.event_datetime,
    events.officer_id
from read_complaints as records
inner join events on records.row_id = events.source_event_id
left join origin_codes on staging.normalise_text(records.origin) = origin_codes.spelling
left join staging.people as people
    on
        records.person_ref = people.department_defined_person_id
        and records.accuser_id is null
order by events.event_id;
