-- One event per record of every system, each with an officer of the hub. Left out, and counted
-- in row_accounting per system and reason: records that were submitted again under the same
-- number (the first stays), records whose badge or employee number is missing or nobody's, and
-- records whose time cannot be read.
--
-- source_event_id is the row number in the system's table: the tables of the single kinds of
-- events find their rows by it. Events of one call share event_chain_id; an arrest that names a
-- call leads to the call's first dispatch. The shift is the one that the event falls into;
-- without one the officer was off duty.

-- The planner cannot know how many records find an officer, takes it for a handful and would
-- loop over the shifts: hash joins are right at any size.
set enable_nestloop = off;
set enable_mergejoin = off;

-- Materialized: each time is read once, and not once more to see whether it can be read.
with records as materialized (
    select
        'Dispatch' as event_type,
        'cad' as system,
        row_id,
        dispatch_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        call_no,
        received_at as happened_at
    from etl.cad_dispatches as submitted
    where
        not exists (
            select 1
            from etl.cad_dispatches as earlier
            where
                earlier.dispatch_no = submitted.dispatch_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Arrest' as event_type,
        'rms' as system,
        row_id,
        arrest_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        call_no,
        staging.parse_timestamp(arrested_at) as happened_at
    from etl.rms_arrests as submitted
    where
        not exists (
            select 1
            from etl.rms_arrests as earlier
            where
                earlier.arrest_no = submitted.arrest_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Traffic stop' as event_type,
        'rms' as system,
        row_id,
        stop_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(stopped_at) as happened_at
    from etl.rms_stops as submitted
    where
        not exists (
            select 1
            from etl.rms_stops as earlier
            where
                earlier.stop_no = submitted.stop_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Field interview' as event_type,
        'rms' as system,
        row_id,
        interview_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(interviewed_at) as happened_at
    from etl.rms_field_interviews as submitted
    where
        not exists (
            select 1
            from etl.rms_field_interviews as earlier
            where
                earlier.interview_no = submitted.interview_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Report' as event_type,
        'rms' as system,
        row_id,
        report_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(written_at) as happened_at
    from etl.rms_reports as submitted
    where
        not exists (
            select 1
            from etl.rms_reports as earlier
            where
                earlier.report_no = submitted.report_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Use of force' as event_type,
        'rms' as system,
        row_id,
        force_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(used_at) as happened_at
    from etl.rms_force as submitted
    where
        not exists (
            select 1
            from etl.rms_force as earlier
            where
                earlier.force_no = submitted.force_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Officer injury' as event_type,
        'rms' as system,
        row_id,
        injury_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(injured_at) as happened_at
    from etl.rms_injuries as submitted
    where
        not exists (
            select 1
            from etl.rms_injuries as earlier
            where
                earlier.injury_no = submitted.injury_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Complaint' as event_type,
        'ia' as system,
        row_id,
        complaint_no as record_no,
        'employee' as key_kind,
        staging.normalise_identifier(employee_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(happened_at) as happened_at
    from etl.ia_complaints as submitted
    where
        not exists (
            select 1
            from etl.ia_complaints as earlier
            where
                earlier.complaint_no = submitted.complaint_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Internal affairs investigation' as event_type,
        'ia' as system,
        row_id,
        case_no as record_no,
        'employee' as key_kind,
        staging.normalise_identifier(employee_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(happened_at) as happened_at
    from etl.ia_cases as submitted
    where
        not exists (
            select 1
            from etl.ia_cases as earlier
            where
                earlier.case_no = submitted.case_no
                and earlier.row_id < submitted.row_id
        )
    union all
    select
        'Compliment' as event_type,
        'ia' as system,
        row_id,
        compliment_no as record_no,
        'employee' as key_kind,
        staging.normalise_identifier(employee_no) as officer_key,
        null as call_no,
        staging.parse_timestamp(happened_at) as happened_at
    from etl.ia_compliments as submitted
    where
        not exists (
            select 1
            from etl.ia_compliments as earlier
            where
                earlier.compliment_no = submitted.compliment_no
                and earlier.row_id < submitted.row_id
        )
),

officer_keys as (
    select
        'badge' as key_kind,
        staging.normalise_identifier(badges.badge_no) as officer_key,
        hub.officer_id
    from etl.hr_badges as badges
    inner join staging.officers_hub as hub
        on
            staging.normalise_identifier(badges.employee_no)
            = staging.normalise_identifier(hub.department_defined_officer_id)
    union all
    select
        'employee' as key_kind,
        staging.normalise_identifier(department_defined_officer_id) as officer_key,
        officer_id
    from staging.officers_hub
),

first_dispatches as (
    select
        dispatches.call_no,
        min(staging.parse_integer(substr(dispatches.dispatch_no, 2))) as dispatch_id
    from etl.cad_dispatches as dispatches
    where
        dispatches.call_no in (
            select arrests.call_no
            from etl.rms_arrests as arrests
        )
    group by dispatches.call_no
),

-- A shift under each day that it touches: so its events are found by officer and day.
shift_days as (
    select
        officer_id,
        shift_id,
        start_datetime,
        stop_datetime,
        start_datetime::date as day
    from staging.officer_shifts
    union all
    select
        officer_id,
        shift_id,
        start_datetime,
        stop_datetime,
        stop_datetime::date as day
    from staging.officer_shifts
    where stop_datetime::date > start_datetime::date
)

insert into staging.events_hub (
    event_chain_id,
    source_event_id,
    department_defined_event_id,
    department_source_id_hashed,
    officer_id,
    event_type_code,
    event_datetime,
    shift_id,
    dispatch_id,
    off_duty_flag,
    last_moddate
)
select
    staging.parse_integer(substr(records.call_no, 2)),
    records.row_id,
    records.record_no,
    md5(records.event_type || ' ' || records.record_no)::uuid,
    officer_keys.officer_id,
    types.code,
    records.happened_at,
    shift_days.shift_id,
    case
        when records.event_type = 'Dispatch'
            then staging.parse_integer(substr(records.record_no, 2))
        else first_dispatches.dispatch_id
    end,
    shift_days.shift_id is null,
    extracts.extracted_at
from records
inner join officer_keys
    on
        records.key_kind = officer_keys.key_kind
        and records.officer_key = officer_keys.officer_key
inner join staging.lookup_event_types as types on records.event_type = types.value
inner join etl.extracts as extracts on records.system = extracts.system
left join first_dispatches on records.call_no = first_dispatches.call_no
left join shift_days
    on
        officer_keys.officer_id = shift_days.officer_id
        and records.happened_at::date = shift_days.day
        and records.happened_at >= shift_days.start_datetime
        and records.happened_at < shift_days.stop_datetime
where records.happened_at is not null
order by
    records.happened_at,
    types.code,
    records.row_id;

reset enable_nestloop;
reset enable_mergejoin;
