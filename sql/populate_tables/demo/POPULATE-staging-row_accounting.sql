-- Where every row of the sources went. Per target and source: rows read, rows kept (counted in
-- the target), and rows left out by reason. The reasons are found again here by tests of their
-- own on the sources. record_balance then adds up: rows read less kept less left out, 0 only
-- when the scripts did what their comments say.

-- As in events_hub: the planner takes a million rows for a handful and would loop.
set enable_nestloop = off;
set enable_mergejoin = off;

-- Events: the hub, and the table of each kind. A row that is missing from the hub for none of
-- the reasons is not counted as left out, and shows as a balance that is not 0.
with hub_rows as (
    select
        hub.source_event_id,
        types.value as event_type
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
),

known_keys as (
    select
        'badge' as key_kind,
        staging.normalise_identifier(badges.badge_no) as officer_key
    from etl.hr_badges as badges
    inner join staging.officers_hub as hub
        on
            staging.normalise_identifier(badges.employee_no)
            = staging.normalise_identifier(hub.department_defined_officer_id)
    union all
    select
        'employee' as key_kind,
        staging.normalise_identifier(department_defined_officer_id) as officer_key
    from staging.officers_hub
),

missing as materialized (
    select
        'cad_dispatches' as source_table,
        'Dispatch' as event_type,
        'dispatches' as detail_table,
        row_id,
        dispatch_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        received_at is null as timeless
    from etl.cad_dispatches as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Dispatch'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'rms_arrests' as source_table,
        'Arrest' as event_type,
        'arrests' as detail_table,
        row_id,
        arrest_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        staging.parse_timestamp(arrested_at) is null as timeless
    from etl.rms_arrests as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Arrest'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'rms_stops' as source_table,
        'Traffic stop' as event_type,
        'traffic_stops' as detail_table,
        row_id,
        stop_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        staging.parse_timestamp(stopped_at) is null as timeless
    from etl.rms_stops as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Traffic stop'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'rms_field_interviews' as source_table,
        'Field interview' as event_type,
        'field_interviews' as detail_table,
        row_id,
        interview_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        staging.parse_timestamp(interviewed_at) is null as timeless
    from etl.rms_field_interviews as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Field interview'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'rms_reports' as source_table,
        'Report' as event_type,
        'reports' as detail_table,
        row_id,
        report_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        staging.parse_timestamp(written_at) is null as timeless
    from etl.rms_reports as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Report'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'rms_force' as source_table,
        'Use of force' as event_type,
        'use_of_force' as detail_table,
        row_id,
        force_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        staging.parse_timestamp(used_at) is null as timeless
    from etl.rms_force as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Use of force'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'rms_injuries' as source_table,
        'Officer injury' as event_type,
        'officer_injury' as detail_table,
        row_id,
        injury_no as record_no,
        'badge' as key_kind,
        staging.normalise_identifier(badge_no) as officer_key,
        staging.parse_timestamp(injured_at) is null as timeless
    from etl.rms_injuries as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Officer injury'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'ia_complaints' as source_table,
        'Complaint' as event_type,
        'complaints' as detail_table,
        row_id,
        complaint_no as record_no,
        'employee' as key_kind,
        staging.normalise_identifier(employee_no) as officer_key,
        staging.parse_timestamp(happened_at) is null as timeless
    from etl.ia_complaints as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Complaint'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'ia_cases' as source_table,
        'Internal affairs investigation' as event_type,
        'incidents' as detail_table,
        row_id,
        case_no as record_no,
        'employee' as key_kind,
        staging.normalise_identifier(employee_no) as officer_key,
        staging.parse_timestamp(happened_at) is null as timeless
    from etl.ia_cases as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Internal affairs investigation'
                and hub_rows.source_event_id = submitted.row_id
        )
    union all
    select
        'ia_compliments' as source_table,
        'Compliment' as event_type,
        'officer_compliments' as detail_table,
        row_id,
        compliment_no as record_no,
        'employee' as key_kind,
        staging.normalise_identifier(employee_no) as officer_key,
        staging.parse_timestamp(happened_at) is null as timeless
    from etl.ia_compliments as submitted
    where
        not exists (
            select 1
            from hub_rows
            where
                hub_rows.event_type = 'Compliment'
                and hub_rows.source_event_id = submitted.row_id
        )
),

repeated as (
    select
        'cad_dispatches' as source_table,
        dispatch_no as record_no,
        min(row_id) as first_row_id
    from etl.cad_dispatches
    group by dispatch_no
    having count(*) > 1
    union all
    select
        'rms_arrests' as source_table,
        arrest_no as record_no,
        min(row_id) as first_row_id
    from etl.rms_arrests
    group by arrest_no
    having count(*) > 1
    union all
    select
        'rms_stops' as source_table,
        stop_no as record_no,
        min(row_id) as first_row_id
    from etl.rms_stops
    group by stop_no
    having count(*) > 1
    union all
    select
        'rms_field_interviews' as source_table,
        interview_no as record_no,
        min(row_id) as first_row_id
    from etl.rms_field_interviews
    group by interview_no
    having count(*) > 1
    union all
    select
        'rms_reports' as source_table,
        report_no as record_no,
        min(row_id) as first_row_id
    from etl.rms_reports
    group by report_no
    having count(*) > 1
    union all
    select
        'rms_force' as source_table,
        force_no as record_no,
        min(row_id) as first_row_id
    from etl.rms_force
    group by force_no
    having count(*) > 1
    union all
    select
        'rms_injuries' as source_table,
        injury_no as record_no,
        min(row_id) as first_row_id
    from etl.rms_injuries
    group by injury_no
    having count(*) > 1
    union all
    select
        'ia_complaints' as source_table,
        complaint_no as record_no,
        min(row_id) as first_row_id
    from etl.ia_complaints
    group by complaint_no
    having count(*) > 1
    union all
    select
        'ia_cases' as source_table,
        case_no as record_no,
        min(row_id) as first_row_id
    from etl.ia_cases
    group by case_no
    having count(*) > 1
    union all
    select
        'ia_compliments' as source_table,
        compliment_no as record_no,
        min(row_id) as first_row_id
    from etl.ia_compliments
    group by compliment_no
    having count(*) > 1
),

judged as (
    select
        missing.source_table,
        missing.detail_table,
        case
            when missing.row_id > repeated.first_row_id then 'submitted again under the same number'
            when known_keys.officer_key is null then 'badge or employee number is missing or nobody''s'
            when missing.timeless then 'time cannot be read'
        end as reason
    from missing
    left join repeated
        on
            missing.source_table = repeated.source_table
            and missing.record_no = repeated.record_no
    left join known_keys
        on
            missing.key_kind = known_keys.key_kind
            and missing.officer_key = known_keys.officer_key
),

explained as (
    select
        source_table,
        detail_table,
        reason,
        count(*) as row_count
    from judged
    where reason is not null
    group by
        source_table,
        detail_table,
        reason
),

totals as (
    select
        'cad_dispatches' as source_table,
        'Dispatch' as event_type,
        'dispatches' as detail_table,
        (
            select count(*)
            from etl.cad_dispatches
        ) as read_rows,
        (
            select count(*)
            from staging.dispatches
        ) as detail_rows
    union all
    select
        'rms_arrests' as source_table,
        'Arrest' as event_type,
        'arrests' as detail_table,
        (
            select count(*)
            from etl.rms_arrests
        ) as read_rows,
        (
            select count(*)
            from staging.arrests
        ) as detail_rows
    union all
    select
        'rms_stops' as source_table,
        'Traffic stop' as event_type,
        'traffic_stops' as detail_table,
        (
            select count(*)
            from etl.rms_stops
        ) as read_rows,
        (
            select count(*)
            from staging.traffic_stops
        ) as detail_rows
    union all
    select
        'rms_field_interviews' as source_table,
        'Field interview' as event_type,
        'field_interviews' as detail_table,
        (
            select count(*)
            from etl.rms_field_interviews
        ) as read_rows,
        (
            select count(*)
            from staging.field_interviews
        ) as detail_rows
    union all
    select
        'rms_reports' as source_table,
        'Report' as event_type,
        'reports' as detail_table,
        (
            select count(*)
            from etl.rms_reports
        ) as read_rows,
        (
            select count(*)
            from staging.reports
        ) as detail_rows
    union all
    select
        'rms_force' as source_table,
        'Use of force' as event_type,
        'use_of_force' as detail_table,
        (
            select count(*)
            from etl.rms_force
        ) as read_rows,
        (
            select count(*)
            from staging.use_of_force
        ) as detail_rows
    union all
    select
        'rms_injuries' as source_table,
        'Officer injury' as event_type,
        'officer_injury' as detail_table,
        (
            select count(*)
            from etl.rms_injuries
        ) as read_rows,
        (
            select count(*)
            from staging.officer_injury
        ) as detail_rows
    union all
    select
        'ia_complaints' as source_table,
        'Complaint' as event_type,
        'complaints' as detail_table,
        (
            select count(*)
            from etl.ia_complaints
        ) as read_rows,
        (
            select count(*)
            from staging.complaints
        ) as detail_rows
    union all
    select
        'ia_cases' as source_table,
        'Internal affairs investigation' as event_type,
        'incidents' as detail_table,
        (
            select count(*)
            from etl.ia_cases
        ) as read_rows,
        (
            select count(*)
            from staging.incidents
        ) as detail_rows
    union all
    select
        'ia_compliments' as source_table,
        'Compliment' as event_type,
        'officer_compliments' as detail_table,
        (
            select count(*)
            from etl.ia_compliments
        ) as read_rows,
        (
            select count(*)
            from staging.officer_compliments
        ) as detail_rows
),

hub_totals as (
    select
        event_type,
        count(*) as row_count
    from hub_rows
    group by event_type
)

insert into staging.row_accounting (target_table, source_table, outcome, reason, row_count)
select
    'events_hub',
    source_table,
    'read',
    null,
    read_rows
from totals
union all
select
    'events_hub',
    totals.source_table,
    'kept',
    null,
    coalesce(hub_totals.row_count, 0)
from totals
left join hub_totals on totals.event_type = hub_totals.event_type
union all
select
    'events_hub',
    source_table,
    'left out',
    reason,
    row_count
from explained
union all
select
    detail_table,
    source_table,
    'read',
    null,
    read_rows
from totals
union all
select
    detail_table,
    source_table,
    'kept',
    null,
    detail_rows
from totals
union all
select
    detail_table,
    source_table,
    'left out',
    reason,
    row_count
from explained;

-- The roster and what is made of it.
with roster as (
    select
        employees.*,
        employees.employee_no like 'TEST%' as is_test,
        employees.updated_at < max(employees.updated_at) over (partition by employees.employee_no) as is_older
    from etl.hr_employees as employees
)

insert into staging.row_accounting (target_table, source_table, outcome, reason, row_count)
select
    'officers_hub',
    'hr_employees',
    'read',
    null,
    count(*)
from roster
union all
select
    'officers_hub',
    'hr_employees',
    'kept',
    null,
    count(*)
from staging.officers_hub
union all
select
    'officers_hub',
    'hr_employees',
    'left out',
    'test number',
    count(*)
from roster
where is_test
union all
select
    'officers_hub',
    'hr_employees',
    'left out',
    'older copy of an employee',
    count(*)
from roster
where is_older
union all
select
    'officer_characteristics',
    'hr_employees',
    'read',
    null,
    count(*)
from roster
union all
select
    'officer_characteristics',
    'hr_employees',
    'kept',
    null,
    count(*)
from staging.officer_characteristics
union all
select
    'officer_characteristics',
    'hr_employees',
    'left out',
    'test number',
    count(*)
from roster
where is_test
union all
select
    'officer_characteristics',
    'hr_employees',
    'left out',
    'older copy of an employee',
    count(*)
from roster
where is_older
union all
select
    'officer_marital',
    'hr_employees',
    'read',
    null,
    count(*)
from roster
union all
select
    'officer_marital',
    'hr_employees',
    'kept',
    null,
    count(*)
from staging.officer_marital
union all
select
    'officer_marital',
    'hr_employees',
    'left out',
    'test number',
    count(*)
from roster
where is_test
union all
select
    'officer_marital',
    'hr_employees',
    'left out',
    'older copy of an employee',
    count(*)
from roster
where is_older
union all
select
    'officer_children',
    'hr_employees',
    'read',
    null,
    count(*)
from roster
union all
select
    'officer_children',
    'hr_employees',
    'kept',
    null,
    count(*)
from staging.officer_children
union all
select
    'officer_children',
    'hr_employees',
    'left out',
    'test number',
    count(*)
from roster
where is_test
union all
select
    'officer_children',
    'hr_employees',
    'left out',
    'older copy of an employee',
    count(*)
from roster
where is_older
union all
select
    'officer_children',
    'hr_employees',
    'left out',
    'no number of children',
    count(*)
from roster
where
    not is_test
    and not is_older
    and coalesce(children, '') <> 'none'
    and staging.parse_integer(children) is null
union all
select
    'officer_addresses',
    'hr_employees',
    'read',
    null,
    count(*)
from roster
union all
select
    'officer_addresses',
    'hr_employees',
    'kept',
    null,
    count(*)
from staging.officer_addresses
union all
select
    'officer_addresses',
    'hr_employees',
    'left out',
    'test number',
    count(*)
from roster
where is_test
union all
select
    'officer_addresses',
    'hr_employees',
    'left out',
    'older copy of an employee',
    count(*)
from roster
where is_older
union all
select
    'officer_addresses',
    'hr_employees',
    'left out',
    'no address',
    count(*)
from roster
where
    not is_test
    and not is_older
    and staging.normalise_text(home_address) is null;

-- Tables of officers by employee number.
with known_employees as (
    select staging.normalise_identifier(department_defined_officer_id) as employee
    from staging.officers_hub
),

roles as (
    select
        *,
        row_number() over (
            partition by
                employee_no,
                started_on,
                rank,
                job_no,
                unit,
                beat,
                status,
                pay_grade,
                sworn,
                moved_by
            order by row_id
        ) > 1 as again
    from etl.hr_assignments
),

shifts as materialized (
    select
        row_id,
        staging.normalise_identifier(employee_no) as employee,
        staging.parse_timestamp(clock_in) as started_at,
        staging.parse_timestamp(clock_out) as stopped_at
    from etl.time_shifts
),

ended_shifts as (
    select
        started_at < max(stopped_at) over (
            partition by employee
            order by
                started_at,
                row_id
            rows between unbounded preceding and 1 preceding
        ) as is_entered_again
    from shifts
    where
        started_at < stopped_at
        and shifts.employee in (
            select known.employee
            from known_employees as known
        )
)

insert into staging.row_accounting (target_table, source_table, outcome, reason, row_count)
select
    'officer_roles',
    'hr_assignments',
    'read',
    null,
    count(*)
from roles
union all
select
    'officer_roles',
    'hr_assignments',
    'kept',
    null,
    count(*)
from staging.officer_roles
union all
select
    'officer_roles',
    'hr_assignments',
    'left out',
    'repeats another row',
    count(*)
from roles
where again
union all
select
    'officer_roles',
    'hr_assignments',
    'left out',
    'employee number is missing or nobody''s',
    count(*)
from roles as records
where
    not again
    and not exists (
        select 1
        from known_employees
        where known_employees.employee = staging.normalise_identifier(records.employee_no)
    )
union all
select
    'officer_trainings',
    'hr_trainings',
    'read',
    null,
    count(*)
from etl.hr_trainings
union all
select
    'officer_trainings',
    'hr_trainings',
    'kept',
    null,
    count(*)
from staging.officer_trainings
union all
select
    'officer_trainings',
    'hr_trainings',
    'left out',
    'employee number is missing or nobody''s',
    count(*)
from etl.hr_trainings as records
where
    not exists (
        select 1
        from known_employees
        where known_employees.employee = staging.normalise_identifier(records.employee_no)
    )
union all
select
    'officer_outside_employment',
    'hr_outside_jobs',
    'read',
    null,
    count(*)
from etl.hr_outside_jobs
union all
select
    'officer_outside_employment',
    'hr_outside_jobs',
    'kept',
    null,
    count(*)
from staging.officer_outside_employment
union all
select
    'officer_outside_employment',
    'hr_outside_jobs',
    'left out',
    'employee number is missing or nobody''s',
    count(*)
from etl.hr_outside_jobs as records
where
    not exists (
        select 1
        from known_employees
        where known_employees.employee = staging.normalise_identifier(records.employee_no)
    )
union all
select
    'department_eis_alerts',
    'ia_alerts',
    'read',
    null,
    count(*)
from etl.ia_alerts
union all
select
    'department_eis_alerts',
    'ia_alerts',
    'kept',
    null,
    count(*)
from staging.department_eis_alerts
union all
select
    'department_eis_alerts',
    'ia_alerts',
    'left out',
    'employee number is missing or nobody''s',
    count(*)
from etl.ia_alerts as records
where
    not exists (
        select 1
        from known_employees
        where known_employees.employee = staging.normalise_identifier(records.employee_no)
    )
union all
select
    'officer_shifts',
    'time_shifts',
    'read',
    null,
    count(*)
from shifts
union all
select
    'officer_shifts',
    'time_shifts',
    'kept',
    null,
    count(*)
from staging.officer_shifts
union all
select
    'officer_shifts',
    'time_shifts',
    'left out',
    'employee number is missing or nobody''s',
    count(*)
from shifts
where
    shifts.employee is null
    or shifts.employee not in (
        select known.employee
        from known_employees as known
    )
union all
select
    'officer_shifts',
    'time_shifts',
    'left out',
    'has no end, or ends before it starts',
    count(*)
from shifts
where
    shifts.employee in (
        select known.employee
        from known_employees as known
    )
    and (started_at < stopped_at) is not true
union all
select
    'officer_shifts',
    'time_shifts',
    'left out',
    'begins before an earlier row has ended',
    count(*)
from ended_shifts
where is_entered_again;

-- Places, persons and the rest.
with hub_rows as (
    select
        hub.source_event_id,
        types.value as event_type
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value in ('Use of force', 'Internal affairs investigation')
),

read_force as (
    select
        staging.normalise_text(records.kind) as kind,
        hub_rows.source_event_id is not null as in_hub
    from etl.rms_force as records
    left join hub_rows
        on
            records.row_id = hub_rows.source_event_id
            and hub_rows.event_type = 'Use of force'
),

read_cases as (
    select
        staging.parse_date(records.opened_on) as opened,
        hub_rows.source_event_id is not null as in_hub
    from etl.ia_cases as records
    left join hub_rows
        on
            records.row_id = hub_rows.source_event_id
            and hub_rows.event_type = 'Internal affairs investigation'
)

insert into staging.row_accounting (target_table, source_table, outcome, reason, row_count)
select
    'taser_used',
    'rms_force',
    'read',
    null,
    count(*)
from read_force
union all
select
    'taser_used',
    'rms_force',
    'kept',
    null,
    count(*)
from staging.taser_used
union all
select
    'taser_used',
    'rms_force',
    'left out',
    'left out of events_hub',
    count(*)
from read_force
where not in_hub
union all
select
    'taser_used',
    'rms_force',
    'left out',
    'another kind of force',
    count(*)
from read_force
where
    in_hub
    and kind is distinct from 'TASER'
union all
select
    'internal_affairs_investigations',
    'ia_cases',
    'read',
    null,
    count(*)
from read_cases
union all
select
    'internal_affairs_investigations',
    'ia_cases',
    'kept',
    null,
    count(*)
from staging.internal_affairs_investigations
union all
select
    'internal_affairs_investigations',
    'ia_cases',
    'left out',
    'left out of events_hub',
    count(*)
from read_cases
where not in_hub
union all
select
    'internal_affairs_investigations',
    'ia_cases',
    'left out',
    'opening day cannot be read',
    count(*)
from read_cases
where
    in_hub
    and opened is null
union all
select
    'addresses',
    'gis_addresses',
    'read',
    null,
    count(*)
from etl.gis_addresses
union all
select
    'addresses',
    'gis_addresses',
    'kept',
    null,
    count(*)
from staging.addresses
union all
select
    'addresses',
    'gis_addresses',
    'left out',
    'older copy of an address',
    count(*)
from etl.gis_addresses as addresses
where
    exists (
        select 1
        from etl.gis_addresses as later
        where
            later.address_ref = addresses.address_ref
            and later.updated_at > addresses.updated_at
    )
union all
select
    'weather',
    'weather_reports',
    'read',
    null,
    count(*)
from etl.weather_reports
union all
select
    'weather',
    'weather_reports',
    'kept',
    null,
    count(*)
from staging.weather
union all
select
    'weather',
    'weather_reports',
    'left out',
    'sent again',
    count(*)
from etl.weather_reports as reports
where
    exists (
        select 1
        from etl.weather_reports as earlier
        where
            earlier.station = reports.station
            and earlier.observed_at = reports.observed_at
            and earlier.row_id < reports.row_id
    )
union all
select
    'people',
    'rms_persons',
    'read',
    null,
    count(*)
from etl.rms_persons
union all
select
    'people',
    'rms_persons',
    'kept',
    null,
    count(*)
from staging.people
union all
select
    'charges',
    'rms_charges',
    'read',
    null,
    count(*)
from etl.rms_charges
union all
select
    'charges',
    'rms_charges',
    'kept',
    null,
    count(*)
from staging.charges
union all
select
    'landmarks',
    'gis_landmarks',
    'read',
    null,
    count(*)
from etl.gis_landmarks
union all
select
    'landmarks',
    'gis_landmarks',
    'kept',
    null,
    count(*)
from staging.landmarks
union all
select
    'organization_chart',
    'hr_jobs',
    'read',
    null,
    count(*)
from etl.hr_jobs
union all
select
    'organization_chart',
    'hr_jobs',
    'kept',
    null,
    count(*)
from staging.organization_chart
union all
select
    'police_groups',
    'org_units',
    'read',
    null,
    count(*)
from etl.org_units
union all
select
    'police_groups',
    'org_units',
    'kept',
    null,
    count(*)
from staging.police_groups
union all
select
    'police_area_shapefiles',
    'gis_areas',
    'read',
    null,
    count(*)
from etl.gis_areas
union all
select
    'police_area_shapefiles',
    'gis_areas',
    'kept',
    null,
    count(*)
from staging.police_area_shapefiles
union all
select
    'acs_demographics',
    'census_tracts',
    'read',
    null,
    count(*)
from etl.census_tracts
union all
select
    'acs_demographics',
    'census_tracts',
    'kept',
    null,
    count(*)
from staging.acs_demographics
union all
select
    'patrol_divisions',
    'gis_areas',
    'read',
    null,
    count(*)
from etl.gis_areas
union all
select
    'patrol_divisions',
    'gis_areas',
    'kept',
    null,
    count(*)
from staging.patrol_divisions
union all
select
    'patrol_divisions',
    'gis_areas',
    'left out',
    'a division or district, not a beat',
    count(*)
from etl.gis_areas
where staging.normalise_text(area_level) <> 'BEAT'
union all
select
    'events_geoid',
    'staging.dispatches',
    'read',
    null,
    count(*)
from staging.dispatches
union all
select
    'events_geoid',
    'staging.dispatches',
    'kept',
    null,
    count(*)
from staging.events_geoid
union all
select
    'events_geoid',
    'staging.dispatches',
    'left out',
    'address is not on the map',
    count(*)
from staging.dispatches
where dispatch_address_id is null;

call staging.record_balance();

reset enable_nestloop;
reset enable_mergejoin;
