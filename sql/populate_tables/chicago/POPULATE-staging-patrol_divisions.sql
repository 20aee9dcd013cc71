-- The patrol districts and their beats.
--
-- Sources: etl.trr_main.beat, the one clean list of beats; staging.police_groups for the names.
-- A beat is written district and number: 1134 is beat 34 of district 11. One row out for each beat
-- whose district is a unit named DISTRICT.
-- Left out: reports with beat 0 (unknown), and beats of no district (3100 and 4100: places outside
-- the districts). The beats of complaints are too dirty to learn beats from.

insert into staging.patrol_divisions (
    division_id,
    division,
    response_area
)
with beats as (
    select distinct trr_main.beat::int as beat
    from etl.trr_main
)

select
    lpad(police_groups.police_group_id::text, 3, '0') as division_id,
    police_groups.police_group_name as division,
    beats.beat as response_area
from beats
inner join staging.police_groups
    on beats.beat / 100 = police_groups.police_group_id
inner join staging.lookup_police_group_levels
    on police_groups.police_group_level_code = lookup_police_group_levels.code
where lookup_police_group_levels.value = 'District'
order by beats.beat;
