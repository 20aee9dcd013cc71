-- One row per unit sent to a call. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
-- Minutes are null where the end is before the start or unknown.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Dispatch'
),

call_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_dispatch_types as meanings on book.value = meanings.value
    where book.code_list = 'dispatch_types'
),

priority_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_dipatch_priorities as meanings on book.value = meanings.value
    where book.code_list = 'dipatch_priorities'
),

plan_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_response_plans as meanings on book.value = meanings.value
    where book.code_list = 'response_plans'
),

areas as (
    select
        beats.police_area_id,
        beats.police_area_department_defined_id as area_ref,
        divisions.police_area_name as division
    from staging.police_area_shapefiles as beats
    inner join staging.police_area_shapefiles as districts on beats.parent_police_area_id = districts.police_area_id
    inner join staging.police_area_shapefiles as divisions
        on districts.parent_police_area_id = divisions.police_area_id
)

insert into staging.dispatches (
    event_id,
    dispatch_id,
    dispatch_address_id,
    police_area_id,
    unit_division,
    unit_beat,
    unit_type,
    unit_shift,
    unit_call_sign,
    dispatch_original_type_code,
    dispatch_original_type,
    dispatch_original_subtype,
    dispatch_final_type_code,
    dispatch_final_type,
    dispatch_final_subtype,
    response_plan_code,
    dispatch_original_priority_code,
    dispatch_final_priority_code,
    travel_time_minutes,
    response_time_minutes,
    time_on_scene_minutes,
    datetime_assigned,
    datetime_arrived,
    datetime_cleared,
    sequence_assigned,
    sequence_arrived,
    units_assigned,
    units_arrived,
    dispatch_category,
    event_datetime,
    officer_id
)
select
    events.event_id,
    staging.parse_integer(substr(records.dispatch_no, 2)),
    addresses.address_id,
    areas.police_area_id,
    areas.division,
    records.area_ref,
    records.unit_type,
    left(ltrim(records.call_sign, '0123456789'), 1),
    records.call_sign,
    coalesce(call_codes.code, 0),
    staging.normalise_text(records.call_type),
    nullif(records.call_subtype, ''),
    coalesce(final_codes.code, 0),
    staging.normalise_text(records.closed_as),
    nullif(records.call_subtype, ''),
    coalesce(plan_codes.code, 0),
    coalesce(priority_codes.code, 0),
    coalesce(priority_codes.code, 0),
    case
        when records.arrived_at >= records.assigned_at
            then floor(date_part('epoch', records.arrived_at - records.assigned_at) / 60)::int
    end,
    case
        when records.arrived_at >= records.received_at
            then floor(date_part('epoch', records.arrived_at - records.received_at) / 60)::int
    end,
    case
        when records.cleared_at >= records.arrived_at
            then floor(date_part('epoch', records.cleared_at - records.arrived_at) / 60)::int
    end,
    records.assigned_at,
    records.arrived_at,
    records.cleared_at,
    records.sequence_no,
    case
        when records.arrived_at is not null then records.sequence_no
    end,
    records.units,
    case
        when records.arrived_at is not null then records.units
    end,
    case
        when records.unit_type = 'Traffic' then 'traffic'
        else 'patrol'
    end,
    events.event_datetime,
    events.officer_id
from etl.cad_dispatches as records
inner join events on records.row_id = events.source_event_id
left join call_codes on staging.normalise_text(records.call_type) = call_codes.spelling
left join call_codes as final_codes on staging.normalise_text(records.closed_as) = final_codes.spelling
left join plan_codes on records.response_plan::text = plan_codes.spelling
left join priority_codes on staging.normalise_text(records.priority) = priority_codes.spelling
left join areas on records.area_ref = areas.area_ref
left join staging.addresses as addresses on records.address_ref = addresses.department_defined_reference_id
order by events.event_id;
