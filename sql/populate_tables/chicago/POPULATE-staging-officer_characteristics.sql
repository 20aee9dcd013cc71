-- What is known of an officer's person: the gender.
--
-- Sources and rows out:
--   etl.officers         one row for each officer, from the merged profile of August 2018
--   etl.roster_2017_04,
--   etl.roster_2018_03   one more row where a roster's gender differs from the profile's
-- Left out: roster rows without uid, and those that say what the profile says or nothing.

insert into staging.officer_characteristics (
    officer_id,
    gender_code,
    last_modified
)
with readings as (
    select
        split_part(officers.uid, '.', 1) as uid,
        officers.gender,
        date '2018-08-01' as read_on
    from etl.officers

    union all

    select
        officers.uid,
        rosters.gender,
        rosters.read_on
    from (
        select
            split_part(roster_2017_04.uid, '.', 1) as uid,
            roster_2017_04.gender,
            date '2017-04-01' as read_on
        from etl.roster_2017_04

        union all

        select
            split_part(roster_2018_03.uid, '.', 1) as uid,
            roster_2018_03.gender,
            date '2018-03-01' as read_on
        from etl.roster_2018_03
    ) as rosters
    inner join etl.officers
        on rosters.uid = split_part(officers.uid, '.', 1)
    where rosters.gender <> coalesce(officers.gender, '')
)

select
    officers_hub.officer_id,
    lookup_genders.code as gender_code,
    readings.read_on as last_modified
from readings
inner join staging.officers_hub
    on readings.uid = officers_hub.department_defined_officer_id
left join staging.lookup_genders
    on initcap(coalesce(readings.gender, 'unknown')) = lookup_genders.value
order by
    officers_hub.officer_id,
    readings.read_on;
