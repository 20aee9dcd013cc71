-- Every officer once, from the merged profiles.
--
-- Source: etl.officers. One row out for each uid.
-- Rules:
--   1. 112683 and 112683.0 are one officer: a trailing .0 is cut off. Of several rows with
--      one uid the fullest profile stays; there are none today.
--   2. Only the year of birth is known: date_of_birth is 1 January of it.
--   3. HISPANIC is written in the race column. It becomes ethnicity and race alike,
--      since no other race is said; every other race is taken as "not Hispanic".

insert into staging.officers_hub (
    department_defined_officer_id,
    department_defined_officer_id_code,
    race_code,
    ethnicity_code,
    date_of_birth
)
with profiles as (
    select distinct on (split_part(officers.uid, '.', 1)::int)
        split_part(officers.uid, '.', 1)::int as uid,
        split_part(officers.link_uid, '.', 1) as link_uid,
        officers.race,
        split_part(officers.birth_year, '.', 1)::int as birth_year
    from etl.officers
    order by
        split_part(officers.uid, '.', 1)::int,
        split_part(officers.profile_count, '.', 1)::int desc nulls last,
        officers.officer_key
)

select
    profiles.uid::text as department_defined_officer_id,
    profiles.link_uid as department_defined_officer_id_code,
    lookup_races.code as race_code,
    lookup_ethnicities.code as ethnicity_code,
    make_date(profiles.birth_year, 1, 1) as date_of_birth
from profiles
left join staging.lookup_races
    on
        case profiles.race
            when 'BLACK'
                then 'Black or African American'
            when 'HISPANIC'
                then 'Hispanic or Latino'
            when 'ASIAN/PACIFIC ISLANDER'
                then 'Asian or Pacific Islander'
            when 'NATIVE AMERICAN/ALASKAN NATIVE'
                then 'American Indian or Alaska Native'
            else initcap(coalesce(profiles.race, 'unknown'))
        end = lookup_races.value
left join staging.lookup_ethnicities
    on
        case
            when profiles.race is null
                then 'Unknown'
            when profiles.race = 'HISPANIC'
                then 'Hispanic or Latino'
            else 'Not Hispanic or Latino'
        end = lookup_ethnicities.value
order by profiles.uid;
