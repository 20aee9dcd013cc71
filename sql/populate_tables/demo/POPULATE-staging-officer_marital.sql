-- The marital status of each officer, Unknown where the roster has none. Left out, and counted
-- in row_accounting: personnel rows that officers_hub left out.
with status_codes as (
    select
        book.spelling,
        statuses.code
    from etl.code_book as book
    inner join staging.lookup_marital_statuses as statuses on book.value = statuses.value
    where book.code_list = 'marital_statuses'
)

insert into staging.officer_marital (officer_id, marital_status_code, last_modified)
select
    hub.officer_id,
    coalesce(status_codes.code, 0),
    employees.updated_at
from etl.hr_employees as employees
inner join staging.officers_hub as hub
    on
        upper(btrim(employees.employee_no)) = hub.department_defined_officer_id
        and employees.updated_at = hub.last_modified
left join status_codes on staging.normalise_text(employees.marital_status) = status_codes.spelling;
