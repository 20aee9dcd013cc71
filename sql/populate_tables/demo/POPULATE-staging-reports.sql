-- One row per written report. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Report'
),

kind_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_report_types as meanings on book.value = meanings.value
    where book.code_list = 'report_types'
)

insert into staging.reports (
    event_id,
    department_defined_report_id,
    report_type_code,
    department_defined_complaint_number,
    interview_in_person,
    traffic_stop,
    report_narrative,
    report_date
)
select
    events.event_id,
    records.report_no,
    coalesce(kind_codes.code, 0),
    records.complaint_no,
    staging.parse_boolean(records.in_person),
    staging.parse_boolean(records.traffic_stop),
    nullif(btrim(records.narrative), ''),
    events.event_datetime::date
from etl.rms_reports as records
inner join events on records.row_id = events.source_event_id
left join kind_codes on staging.normalise_text(records.kind) = kind_codes.spelling
order by events.event_id;
