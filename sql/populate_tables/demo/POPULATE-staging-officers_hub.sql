-- One officer per employee of the personnel roster. Left out, and counted in row_accounting:
-- rows with a test number (TEST...), and older copies of an employee who is there again with a
-- later updated_at. The second identifier is the latest badge of the badge list; it is null for
-- officers who have none. A birth date that cannot be read, or that makes an officer younger
-- than 15 on the first day of the data, is left null.
with latest as (
    select distinct on (staging.normalise_identifier(employee_no)) *
    from etl.hr_employees
    where employee_no not like 'TEST%'
    order by
        staging.normalise_identifier(employee_no),
        updated_at desc,
        row_id asc
),

badges as (
    select distinct on (staging.normalise_identifier(employee_no))
        badge_no,
        staging.normalise_identifier(employee_no) as employee
    from etl.hr_badges
    order by
        staging.normalise_identifier(employee_no),
        staging.parse_date(issued_on) desc nulls last,
        badge_no
),

race_codes as (
    select
        book.spelling,
        races.code
    from etl.code_book as book
    inner join staging.lookup_races as races on book.value = races.value
    where book.code_list = 'races'
),

ethnicity_codes as (
    select
        book.spelling,
        ethnicities.code
    from etl.code_book as book
    inner join staging.lookup_ethnicities as ethnicities on book.value = ethnicities.value
    where book.code_list = 'ethnicities'
),

read_dates as materialized (
    select
        *,
        staging.parse_date(birth_date) as born,
        staging.parse_date(hire_date) as hired
    from latest
)

insert into staging.officers_hub (
    department_defined_officer_id,
    department_defined_officer_id_code,
    race_code,
    ethnicity_code,
    date_of_birth,
    birth_city,
    birth_state,
    create_time,
    last_modified
)
select
    upper(btrim(employees.employee_no)),
    badges.badge_no,
    coalesce(race_codes.code, 0),
    coalesce(ethnicity_codes.code, 0),
    case
        when employees.born <= date '2002-01-01'
            then employees.born
    end,
    staging.normalise_text(split_part(employees.birth_place, ',', 1)),
    staging.normalise_text(split_part(employees.birth_place, ',', 2)),
    employees.hired,
    employees.updated_at
from read_dates as employees
left join badges on staging.normalise_identifier(employees.employee_no) = badges.employee
left join race_codes on staging.normalise_text(employees.race) = race_codes.spelling
left join ethnicity_codes on staging.normalise_text(employees.ethnicity) = ethnicity_codes.spelling
order by employees.employee_no;
