-- One row per officer, from the personnel row that officers_hub was made of (its updated_at).
-- Nothing else is left out. Heights are inches, "5'11"" or "71 in"; weights are pounds.
with gender_codes as (
    select
        book.spelling,
        genders.code
    from etl.code_book as book
    inner join staging.lookup_genders as genders on book.value = genders.value
    where book.code_list = 'genders'
),

education_codes as (
    select
        book.spelling,
        levels.code
    from etl.code_book as book
    inner join staging.lookup_education_levels as levels on book.value = levels.value
    where book.code_list = 'education_levels'
)

insert into staging.officer_characteristics (
    officer_id,
    weight_pounds,
    height_inches,
    gender_code,
    military_service_flag,
    education_level_code,
    field_of_study_code,
    create_time,
    last_modified,
    officer_first_name,
    officer_middle_name,
    officer_last_name,
    officer_suffix,
    officer_prefix
)
select
    hub.officer_id,
    staging.parse_integer(replace(employees.weight, 'lbs', '')),
    case
        when employees.height like '%''%'
            then
                12 * staging.parse_integer(split_part(employees.height, '''', 1))
                + staging.parse_integer(replace(split_part(employees.height, '''', 2), '"', ''))
        else staging.parse_integer(replace(employees.height, 'in', ''))
    end,
    coalesce(gender_codes.code, 0),
    staging.parse_boolean(employees.military_service),
    coalesce(education_codes.code, 0),
    staging.parse_integer(employees.field_of_study),
    hub.create_time,
    hub.last_modified,
    employees.first_name,
    nullif(rtrim(employees.middle_name, '.'), ''),
    initcap(staging.normalise_text(employees.last_name)),
    nullif(employees.name_suffix, ''),
    nullif(employees.title, '')
from etl.hr_employees as employees
inner join staging.officers_hub as hub
    on
        upper(btrim(employees.employee_no)) = hub.department_defined_officer_id
        and employees.updated_at = hub.last_modified
left join gender_codes on staging.normalise_text(employees.gender) = gender_codes.spelling
left join education_codes on staging.normalise_text(employees.education) = education_codes.spelling
order by hub.officer_id;
