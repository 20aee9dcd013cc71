-- One row per traffic stop. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
-- Drugs count as found where a search was made and a drug is named; an arrest, injury or use of
-- force belongs to a stop when the same officer recorded it within the hour after it.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Traffic stop'
),

reason_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_traffic_stop_type as meanings on book.value = meanings.value
    where book.code_list = 'traffic_stop_type'
),

outcome_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_traffic_stop_outcome_type as meanings on book.value = meanings.value
    where book.code_list = 'traffic_stop_outcome_type'
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

vehicle_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_vehicles as meanings on book.value = meanings.value
    where book.code_list = 'vehicles'
),

-- One row per stop that such an event followed.
followed as (
    select
        stops.event_id,
        bool_or(types.value = 'Arrest') as arrested,
        bool_or(types.value = 'Use of force') as forced,
        bool_or(types.value = 'Officer injury') as injured
    from events as stops
    inner join staging.events_hub as later
        on
            stops.officer_id = later.officer_id
            and stops.event_datetime <= later.event_datetime
            and later.event_datetime < stops.event_datetime + interval '1 hour'
    inner join staging.lookup_event_types as types on later.event_type_code = types.code
    where types.value in ('Arrest', 'Use of force', 'Officer injury')
    group by stops.event_id
)

insert into staging.traffic_stops (
    event_id,
    department_defined_stop_id,
    stop_type_code,
    stop_outcome_code,
    stop_day,
    stopped_person_id,
    stopped_person_state,
    stopped_person_driver_flag,
    stopped_person_age_at_stop,
    stopped_person_race_code,
    stopped_person_ethnicity,
    stopped_person_gender,
    search_consent_request_flag,
    searched_flag,
    search_justification_code,
    drugs_found_flag,
    drug_type_code,
    arrest_flag,
    stop_address_id,
    stopped_vehicle_code,
    officer_injury_flag,
    use_of_force_flag,
    event_datetime,
    officer_id
)
select
    events.event_id,
    records.stop_no,
    coalesce(reason_codes.code, 0),
    coalesce(outcome_codes.code, 0),
    to_char(events.event_datetime, 'FMDay'),
    people.person_id,
    case
        when staging.normalise_text(records.plate_state) = 'ILLINOIS' then 'IL'
        when length(staging.normalise_text(records.plate_state)) = 2 then staging.normalise_text(records.plate_state)
    end,
    staging.parse_boolean(records.driver),
    staging.age_at(people.date_of_birth, events.event_datetime::date),
    people.race_code,
    people.ethnicity_code,
    people.gender_code,
    staging.parse_boolean(records.consent_asked),
    staging.parse_boolean(records.searched),
    case
        when staging.parse_boolean(records.searched) then coalesce(search_codes.code, 0)
    end,
    staging.parse_boolean(records.searched) and drug_codes.code is not null,
    case
        when staging.parse_boolean(records.searched) then drug_codes.code
    end,
    coalesce(followed.arrested, false),
    addresses.address_id,
    coalesce(vehicle_codes.code, 0),
    coalesce(followed.injured, false),
    coalesce(followed.forced, false),
    events.event_datetime,
    events.officer_id
from etl.rms_stops as records
inner join events on records.row_id = events.source_event_id
left join followed on events.event_id = followed.event_id
left join reason_codes on staging.normalise_text(records.reason) = reason_codes.spelling
left join outcome_codes on staging.normalise_text(records.outcome) = outcome_codes.spelling
left join search_codes on staging.normalise_text(records.search_reason) = search_codes.spelling
left join drug_codes on staging.normalise_text(records.drug) = drug_codes.spelling
left join vehicle_codes on staging.normalise_text(records.vehicle) = vehicle_codes.spelling
left join staging.people as people on records.person_ref = people.department_defined_person_id
left join staging.addresses as addresses on records.address_ref = addresses.department_defined_reference_id
order by events.event_id;
