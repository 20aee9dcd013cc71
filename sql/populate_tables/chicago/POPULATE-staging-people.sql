-- Everybody whom a complaint or a force report names, and the officers themselves.
--
-- Sources and rows out:
--   etl.officers                 one person for each officer of officers_hub
--   etl.trr_subjects             one person for each subject_id (its rows agree with each other)
--   etl.complaint_complainants   one person for each different row of a complaint
--   etl.complaint_victims        the same
--   etl.complaint_investigators  one person for each investigator_id without uid (civilians of
--                                the oversight offices); the others are officers
-- Rules:
--   1. Complainants and victims of complaints that etl.complaints does not have (29 %) are left out: no
--      event names them.
--   2. Rows of one complaint that agree in age, year of birth, gender and race are one person. They
--      have no number: the people of a complaint are numbered within it, oldest first.
--   3. A year of birth before 1900 (the lowest is 195) is a slip of the pen and becomes null.
--   4. A row that says nothing but its complaint stays: there was somebody.

insert into staging.people (
    department_defined_person_id,
    source,
    person_type_code,
    officer_id,
    race_code,
    ethnicity_code,
    gender_code,
    birth_year
)
with complaint_people as (
    select distinct
        'complaint_complainants' as source,
        complaint_complainants.cr_id,
        complaint_complainants.birth_year,
        complaint_complainants.age,
        complaint_complainants.gender,
        complaint_complainants.race
    from etl.complaint_complainants
    inner join etl.complaints
        on complaint_complainants.cr_id = complaints.cr_id

    union all

    select distinct
        'complaint_victims' as source,
        complaint_victims.cr_id,
        complaint_victims.birth_year,
        complaint_victims.age,
        complaint_victims.gender,
        complaint_victims.race
    from etl.complaint_victims
    inner join etl.complaints
        on complaint_victims.cr_id = complaints.cr_id
),

sightings as (
    select
        1 as source_order,
        'officers' as source,
        'Officer' as person_type,
        split_part(officers.uid, '.', 1) as department_defined_person_id,
        split_part(officers.uid, '.', 1)::int as uid,
        officers.race,
        officers.gender,
        officers.birth_year
    from etl.officers

    union all

    select
        2 as source_order,
        'trr_subjects' as source,
        'Subject of force' as person_type,
        split_part(trr_subjects.subject_id, '.', 1) as department_defined_person_id,
        null as uid,
        min(trr_subjects.race) as race,
        min(trr_subjects.gender) as gender,
        min(trr_subjects.birth_year) as birth_year
    from etl.trr_subjects
    group by split_part(trr_subjects.subject_id, '.', 1)

    union all

    select
        case complaint_people.source when 'complaint_complainants' then 3 else 4 end as source_order,
        complaint_people.source,
        case complaint_people.source when 'complaint_complainants' then 'Complainant' else 'Victim' end as person_type,
        complaint_people.cr_id || '/' || row_number() over (
            partition by
                complaint_people.source,
                complaint_people.cr_id
            order by
                split_part(complaint_people.birth_year, '.', 1)::int asc nulls last,
                split_part(complaint_people.age, '.', 1)::int desc nulls last,
                complaint_people.gender collate "C" asc,
                complaint_people.race collate "C" asc
        ) as department_defined_person_id,
        null as uid,
        complaint_people.race,
        complaint_people.gender,
        complaint_people.birth_year
    from complaint_people

    union all

    select
        5 as source_order,
        'complaint_investigators' as source,
        'Investigator' as person_type,
        split_part(complaint_investigators.investigator_id, '.', 1) as department_defined_person_id,
        null as uid,
        min(complaint_investigators.race) as race,
        min(complaint_investigators.gender) as gender,
        min(complaint_investigators.birth_year) as birth_year
    from etl.complaint_investigators
    where complaint_investigators.uid is null
    group by split_part(complaint_investigators.investigator_id, '.', 1)
),

years as (
    select
        sightings.*,
        case
            when split_part(sightings.birth_year, '.', 1)::int >= 1900
                then split_part(sightings.birth_year, '.', 1)::int
        end as valid_birth_year
    from sightings
)

select
    years.department_defined_person_id,
    years.source,
    lookup_persons.code as person_type_code,
    officers_hub.officer_id,
    lookup_races.code as race_code,
    lookup_ethnicities.code as ethnicity_code,
    lookup_genders.code as gender_code,
    years.valid_birth_year as birth_year
from years
left join staging.lookup_persons
    on years.person_type = lookup_persons.value
left join staging.officers_hub
    on years.uid = officers_hub.department_defined_officer_id::int
left join staging.lookup_races
    on
        case years.race
            when 'BLACK'
                then 'Black or African American'
            when 'HISPANIC'
                then 'Hispanic or Latino'
            when 'ASIAN/PACIFIC ISLANDER'
                then 'Asian or Pacific Islander'
            when 'NATIVE AMERICAN/ALASKAN NATIVE'
                then 'American Indian or Alaska Native'
            else initcap(coalesce(years.race, 'unknown'))
        end = lookup_races.value
left join staging.lookup_ethnicities
    on
        case
            when years.race is null
                then 'Unknown'
            when years.race = 'HISPANIC'
                then 'Hispanic or Latino'
            else 'Not Hispanic or Latino'
        end = lookup_ethnicities.value
left join staging.lookup_genders
    on initcap(coalesce(years.gender, 'unknown')) = lookup_genders.value
order by
    years.source_order,
    years.department_defined_person_id collate "C";
