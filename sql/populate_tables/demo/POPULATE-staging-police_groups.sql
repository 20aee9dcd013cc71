-- Bureaus and units as personnel lists them, with the numbers that they have there; nothing is
-- left out.
with level_codes as (
    select
        book.spelling,
        levels.code
    from etl.code_book as book
    inner join staging.lookup_police_group_levels as levels on book.value = levels.value
    where book.code_list = 'police_group_levels'
)

insert into staging.police_groups (
    police_group_id,
    police_group_department_defined_id,
    police_group_level_code,
    last_modified,
    parent_police_group_id,
    police_group_name,
    police_group_description
)
select
    units.unit_no,
    units.unit_no::text,
    level_codes.code,
    extracts.extracted_at::date,
    units.parent_no,
    units.unit_name,
    initcap(staging.normalise_text(units.unit_name))
from etl.org_units as units
inner join etl.extracts as extracts on extracts.system = 'hr'
left join level_codes on staging.normalise_text(units.unit_level) = level_codes.spelling
order by units.unit_no;
