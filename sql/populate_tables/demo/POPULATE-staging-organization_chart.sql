-- Every job of the personnel system; nothing is left out. The department of a job is looked up
-- by name.
insert into staging.organization_chart (job_id, department_code, supervisor_id, supervisor_flag, title, description)
select
    jobs.job_no,
    staging.lookup_code('staging.lookup_departments', jobs.department, 0),
    jobs.reports_to,
    exists(
        select 1
        from etl.hr_jobs as below
        where below.reports_to = jobs.job_no
    ),
    jobs.title,
    jobs.title || ', ' || jobs.department
from etl.hr_jobs as jobs
order by jobs.job_no;
