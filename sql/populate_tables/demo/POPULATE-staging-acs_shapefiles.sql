-- The county and its census tracts; nothing is left out. The areas are about the same size.
with levels as (
    select
        code,
        value
    from staging.lookup_acs_area_levels
)

insert into staging.acs_shapefiles (
    acs_area_id,
    acs_area_level_code,
    acs_area_valid_from_date,
    parent_acs_area_id,
    acs_area_name,
    acs_area_description,
    acs_area_geometry,
    acs_projection_type
)
select
    17167,
    levels.code::text,
    20100101,
    '17',
    'Sangamon County',
    'County of the demo department',
    2.27e9,
    'EPSG:5070'
from levels
where levels.value = 'County'
union all
select
    -- The FIPS code of a tract has 11 digits and does not fit an int: its last six are unique
    -- within the county.
    staging.parse_integer(right(tracts.tract, 6)),
    levels.code::text,
    20100101,
    '17167',
    'Census Tract ' || tracts.tract_no,
    'Tract ' || tracts.tract || ' of Sangamon County',
    3.7e7,
    'EPSG:5070'
from (
    select distinct
        tract,
        tract_no
    from etl.census_tracts
) as tracts
inner join levels on levels.value = 'Census tract'
order by 1;
