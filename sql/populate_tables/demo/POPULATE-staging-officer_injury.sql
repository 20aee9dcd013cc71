-- One row per injury of an officer. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Officer injury'
),

kind_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_injury_types as meanings on book.value = meanings.value
    where book.code_list = 'injury_types'
)

insert into staging.officer_injury (
    event_id,
    injury_type_code,
    department_defined_injury_id,
    injury_narrative
)
select
    events.event_id,
    coalesce(kind_codes.code, 0),
    records.injury_no,
    nullif(btrim(records.narrative), '')
from etl.rms_injuries as records
inner join events on records.row_id = events.source_event_id
left join kind_codes on staging.normalise_text(records.kind) = kind_codes.spelling
order by events.event_id;
