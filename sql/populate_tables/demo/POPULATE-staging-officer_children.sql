-- The number of children of each officer. Left out, and counted in row_accounting: personnel
-- rows that officers_hub left out, and officers of whom no number is known. "none" is 0.
insert into staging.officer_children (officer_id, number_of_children, last_modified)
select
    hub.officer_id,
    case
        when employees.children = 'none' then 0
        else staging.parse_integer(employees.children)
    end,
    employees.updated_at
from etl.hr_employees as employees
inner join staging.officers_hub as hub
    on
        upper(btrim(employees.employee_no)) = hub.department_defined_officer_id
        and employees.updated_at = hub.last_modified
where
    employees.children = 'none'
    or staging.parse_integer(employees.children) is not null;
