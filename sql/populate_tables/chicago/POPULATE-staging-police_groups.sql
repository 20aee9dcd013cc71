-- The department, and every unit under it.
--
-- Sources and rows out:
--   (none)          one row, number 1000, for the department itself
--   etl.units       one row for each unit number. Two or three names of one number are merged: the one
--                   still in use counts (status Y), then the roster's before the list's, then the
--                   first by letter; the other names go into the description
--   unit numbers that etl.unit_history, officers, the 2017 and 2018 rosters or trr_officers use and
--   etl.units lacks: one row each, named UNIT and number, so that nobody's unit is lost
-- police_group_id is the unit's number. The delivery does not say which bureau a unit belongs to:
-- all hang on the department. Units named DISTRICT are districts.

insert into staging.police_groups (
    police_group_id,
    police_group_department_defined_id,
    police_group_level_code,
    parent_police_group_id,
    police_group_name,
    police_group_description
)
with names as (
    select
        units.unit::int as unit,
        coalesce(units.description_roster_2017_04, units.description_pdf_2016_05) as name,
        row_number() over (
            partition by units.unit
            order by
                coalesce(units.status_pdf_2016_05, '') = 'Y' desc,
                units.description_roster_2017_04 is null,
                coalesce(units.description_roster_2017_04, units.description_pdf_2016_05) collate "C"
        ) as place
    from etl.units
),

known as (
    select
        names.unit,
        regexp_replace(min(names.name) filter (where names.place = 1), '\s+', ' ', 'g') as name,
        'Also: ' || string_agg(
            regexp_replace(names.name, '\s+', ' ', 'g'), '; ' order by names.place
        ) filter (where names.place > 1) as description
    from names
    group by names.unit
),

used as (
    select split_part(unit_history.unit, '.', 1)::int as unit
    from etl.unit_history

    union

    select split_part(officers.current_unit, '.', 1)::int as unit
    from etl.officers

    union

    select split_part(roster_2017_04.current_unit, '.', 1)::int as unit
    from etl.roster_2017_04

    union

    select split_part(roster_2018_03.unit, '.', 1)::int as unit
    from etl.roster_2018_03

    union

    select split_part(trr_officers.unit, '.', 1)::int as unit
    from etl.trr_officers
),

all_groups as (
    select
        1000 as police_group_id,
        null as department_defined_id,
        'Department' as level,
        null::int as parent_police_group_id,
        'CHICAGO POLICE DEPARTMENT' as name,
        null as description

    union all

    select
        known.unit as police_group_id,
        known.unit::text as department_defined_id,
        case
            when known.name ~ '^DISTRICT [0-9]{3}$'
                then 'District'
            else 'Unit'
        end as level,
        1000 as parent_police_group_id,
        known.name,
        known.description
    from known

    union all

    select
        used.unit as police_group_id,
        used.unit::text as department_defined_id,
        'Unit' as level,
        1000 as parent_police_group_id,
        'UNIT ' || used.unit as name,
        'Not in the list of units' as description
    from used
    where
        used.unit is not null
        and not exists (
            select 1
            from known
            where known.unit = used.unit
        )
)

select
    all_groups.police_group_id,
    all_groups.department_defined_id as police_group_department_defined_id,
    lookup_police_group_levels.code as police_group_level_code,
    all_groups.parent_police_group_id,
    all_groups.name as police_group_name,
    all_groups.description as police_group_description
from all_groups
left join staging.lookup_police_group_levels
    on all_groups.level = lookup_police_group_levels.value
order by
    all_groups.parent_police_group_id nulls first,
    all_groups.police_group_id;
