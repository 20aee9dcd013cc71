-- One row per arrest. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
-- An assisting or transporting officer whose badge is nobody's is none.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Arrest'
),

badge_holders as (
    select
        hub.officer_id,
        staging.normalise_identifier(badges.badge_no) as badge
    from etl.hr_badges as badges
    inner join staging.officers_hub as hub
        on
            staging.normalise_identifier(badges.employee_no)
            = staging.normalise_identifier(hub.department_defined_officer_id)
),

type_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_arrest_types as meanings on book.value = meanings.value
    where book.code_list = 'arrest_types'
),

status_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_arrest_status as meanings on book.value = meanings.value
    where book.code_list = 'arrest_status'
),

ncic_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_ncic as meanings on book.value = meanings.value
    where book.code_list = 'ncic'
),

ucr4_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_ucr4_codes as meanings on book.value = meanings.value
    where book.code_list = 'ucr4_codes'
),

grouped_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_ucr4_grouped_dispatch_types as meanings on book.value = meanings.value
    where book.code_list = 'ucr4_grouped_dispatch_types'
)

insert into staging.arrests (
    event_id,
    department_defined_arrest_id,
    department_defined_arrest_number,
    arrest_type_code,
    arresting_agency_code,
    arrest_status_code,
    arrest_day_of_week,
    booked_datetime,
    suspect_person_id,
    suspect_age_at_arrest,
    suspect_race_code,
    suspect_ethnicity_code,
    suspect_gender_code,
    suspect_height_inches,
    suspect_weight_pounds,
    suspect_hair_color_code,
    suspect_eye_color_code,
    ucr4_code,
    ucr4_grouped_code,
    ncic_code,
    nibrs_code,
    felony_flag,
    drugs_flag,
    stolen_vehicle_flag,
    resisted_arrest_flag,
    assaulted_officer_flag,
    arrest_address_id,
    suspect_address_id,
    assisting_officer_id,
    transporting_officer_id,
    shift_code,
    date_created,
    date_modified,
    event_datetime,
    officer_id
)
select
    events.event_id,
    records.arrest_no,
    staging.parse_integer(substr(records.arrest_no, 4)),
    coalesce(type_codes.code, 0),
    agencies.code,
    coalesce(status_codes.code, 0),
    extract(isodow from events.event_datetime)::int,
    staging.parse_timestamp(records.booked_at),
    people.person_id,
    staging.age_at(people.date_of_birth, events.event_datetime::date),
    people.race_code,
    people.ethnicity_code,
    people.gender_code,
    people.height_inches,
    people.weight_pounds,
    people.hair_color_code,
    people.eye_color_code,
    ucr4_codes.code as ucr4_code,
    coalesce(grouped_codes.code, 0),
    ncic_codes.code as ncic_code,
    coalesce(nib.code, 0),
    records.offense_class = 'F',
    staging.parse_boolean(records.drugs),
    staging.parse_boolean(records.stolen_vehicle),
    staging.parse_boolean(records.resisted),
    staging.parse_boolean(records.officer_assaulted),
    addresses.address_id,
    people.address_id as suspect_address_id,
    assisting.officer_id as assisting_officer_id,
    transporting.officer_id as transporting_officer_id,
    shifts.shift_type_code,
    staging.parse_timestamp(records.booked_at),
    extracts.extracted_at,
    events.event_datetime,
    events.officer_id
from etl.rms_arrests as records
inner join events on records.row_id = events.source_event_id
inner join etl.extracts as extracts on extracts.system = 'rms'
inner join staging.lookup_agencies as agencies on agencies.value = 'Own department'
inner join staging.events_hub as hub on events.event_id = hub.event_id
left join staging.officer_shifts as shifts on hub.shift_id = shifts.shift_id
left join type_codes on staging.normalise_text(records.arrest_type) = type_codes.spelling
left join status_codes on staging.normalise_text(records.status) = status_codes.spelling
left join staging.lookup_nib as nib on records.offense = nib.value
left join ncic_codes on records.offense = ncic_codes.spelling
left join ucr4_codes on records.offense = ucr4_codes.spelling
left join grouped_codes on records.offense = grouped_codes.spelling
left join staging.people as people on records.person_ref = people.department_defined_person_id
left join staging.addresses as addresses on records.address_ref = addresses.department_defined_reference_id
left join badge_holders as assisting on staging.normalise_identifier(records.assisting_badge_no) = assisting.badge
left join badge_holders as transporting
    on staging.normalise_identifier(records.transporting_badge_no) = transporting.badge
order by events.event_id;
