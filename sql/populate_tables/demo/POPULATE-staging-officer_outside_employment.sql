-- One row per paid job outside the department. Left out, and counted in row_accounting: rows
-- whose employee number is missing or nobody's.
with job_codes as (
    select
        book.spelling,
        jobs.code
    from etl.code_book as book
    inner join staging.lookup_external_jobs as jobs on book.value = jobs.value
    where book.code_list = 'external_jobs'
)

insert into staging.officer_outside_employment (
    officer_id,
    external_job_code,
    date_time,
    hours_on_shift,
    hourly_rate,
    in_uniform_flag,
    address_raw,
    address_id
)
select
    hub.officer_id,
    coalesce(job_codes.code, 0),
    staging.parse_timestamp(jobs.worked_at),
    case
        when jobs.hours ~ '^[0-9]{1,3}(\.[0-9]+)?$'
            then jobs.hours::double precision
    end,
    case
        when jobs.hourly_rate ~ '^\$[0-9]{1,4}(\.[0-9]+)?$'
            then ltrim(jobs.hourly_rate, '$')::double precision
    end,
    staging.parse_boolean(jobs.in_uniform),
    addresses.street_address,
    addresses.address_id
from etl.hr_outside_jobs as jobs
inner join staging.officers_hub as hub
    on
        staging.normalise_identifier(jobs.employee_no)
        = staging.normalise_identifier(hub.department_defined_officer_id)
left join job_codes on staging.normalise_text(jobs.job) = job_codes.spelling
left join staging.addresses as addresses on jobs.address_ref = addresses.department_defined_reference_id
order by jobs.row_id;
