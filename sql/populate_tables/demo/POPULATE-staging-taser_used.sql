-- One row per report of force whose kind is a taser, on the event of use_of_force. Left out, and
-- counted in row_accounting: reports of another kind and those that events_hub left out.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Use of force'
)

insert into staging.taser_used (
    event_id,
    department_defined_taser_id,
    department_defined_internal_affairs_id,
    application_distance_meters,
    probe_penetration_flag,
    no_of_probes,
    subject_action_narrative,
    subject_injuries_narrative,
    recovery_time_minutes
)
select
    events.event_id,
    records.force_no,
    staging.parse_integer(records.case_no),
    staging.parse_integer(records.distance_m),
    staging.parse_boolean(records.penetrated),
    staging.parse_integer(records.probes),
    nullif(records.subject_action, ''),
    nullif(records.subject_injury, ''),
    staging.parse_integer(records.recovery_minutes)
from etl.rms_force as records
inner join events on records.row_id = events.source_event_id
where staging.normalise_text(records.kind) = 'TASER'
order by events.event_id;
