-- One row per officer and assignment. Left out, and counted in row_accounting: rows that repeat
-- another row (all but the row number alike), and rows whose employee number is missing or
-- nobody's. Ranks, duty statuses and pay grades that are not understood are Unknown; units that
-- the list of units does not know have no group.
with assignments as (
    select
        employee_no,
        started_on,
        rank,
        job_no,
        unit,
        beat,
        status,
        pay_grade,
        sworn,
        moved_by,
        min(row_id) as row_id
    from etl.hr_assignments
    group by
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
),

duty_codes as (
    select
        book.spelling,
        statuses.code
    from etl.code_book as book
    inner join staging.lookup_duty_statuses as statuses on book.value = statuses.value
    where book.code_list = 'duty_statuses'
),

pay_codes as (
    select
        book.spelling,
        grades.code
    from etl.code_book as book
    inner join staging.lookup_paygrades as grades on book.value = grades.value
    where book.code_list = 'paygrades'
),

groups as (
    select
        staging.normalise_unit(police_group_name) as unit,
        min(police_group_id) as police_group_id
    from staging.police_groups
    group by staging.normalise_unit(police_group_name)
),

areas as (
    select
        police_area_department_defined_id,
        police_area_id
    from staging.police_area_shapefiles
)

insert into staging.officer_roles (
    officer_id,
    department_defined_officer_id_code,
    department_start_date,
    department_id,
    department_name,
    job_start_date,
    job_id,
    job_title,
    sworn_flag,
    rank_code,
    paygrade_code,
    paygrade_raw,
    police_area_id,
    police_group_id,
    duty_status_code,
    bid_transfer,
    no_pay_no_bid_change_transfer
)
select
    hub.officer_id,
    hub.department_defined_officer_id_code,
    hub.create_time,
    chart.department_code::text,
    departments.value,
    staging.parse_date(assignments.started_on),
    assignments.job_no,
    chart.title,
    staging.parse_boolean(assignments.sworn)::int,
    coalesce(ranks.code, 0),
    coalesce(pay_codes.code, 0),
    assignments.pay_grade,
    areas.police_area_id,
    groups.police_group_id,
    coalesce(duty_codes.code, 0),
    (assignments.moved_by = 'BID')::int,
    (assignments.moved_by = 'TRANSFER')::int
from assignments
inner join staging.officers_hub as hub
    on
        staging.normalise_identifier(assignments.employee_no)
        = staging.normalise_identifier(hub.department_defined_officer_id)
left join staging.lookup_ranks as ranks on staging.normalise_rank(assignments.rank) = upper(ranks.value)
left join pay_codes on staging.normalise_text(assignments.pay_grade) = pay_codes.spelling
left join duty_codes on staging.normalise_text(assignments.status) = duty_codes.spelling
left join groups on staging.normalise_unit(assignments.unit) = groups.unit
left join areas on 'BT' || assignments.beat = areas.police_area_department_defined_id
left join staging.organization_chart as chart on staging.parse_integer(assignments.job_no) = chart.job_id
left join staging.lookup_departments as departments on chart.department_code = departments.code
order by
    hub.officer_id,
    assignments.row_id;
