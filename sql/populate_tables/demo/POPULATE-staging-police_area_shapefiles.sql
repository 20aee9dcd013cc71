-- Divisions, districts and beats, parents first; nothing is left out.
with level_codes as (
    select
        book.spelling,
        levels.code
    from etl.code_book as book
    inner join staging.lookup_police_area_levels as levels on book.value = levels.value
    where book.code_list = 'police_area_levels'
),

numbered as (
    select
        areas.*,
        level_codes.code as level_code,
        row_number() over (
            order by
                level_codes.code,
                length(areas.area_ref),
                areas.area_ref
        ) as area_id
    from etl.gis_areas as areas
    left join level_codes on staging.normalise_text(areas.area_level) = level_codes.spelling
)

insert into staging.police_area_shapefiles (
    police_area_id,
    police_area_department_defined_id,
    police_area_level_code,
    last_modified,
    parent_police_area_id,
    police_area_name,
    police_area_description,
    police_area_geometry_wkt,
    longitude,
    latitude,
    police_projection_type
)
select
    areas.area_id,
    areas.area_ref,
    areas.level_code,
    extracts.extracted_at::date,
    parents.area_id as parent_police_area_id,
    areas.area_name,
    initcap(areas.area_level) || ' ' || areas.area_name,
    format(
        'POLYGON((%1$s %2$s, %3$s %2$s, %3$s %4$s, %1$s %4$s, %1$s %2$s))',
        areas.west,
        areas.south,
        areas.east,
        areas.north
    ),
    (areas.west + areas.east) / 2,
    (areas.south + areas.north) / 2,
    'EPSG:4326'
from numbered as areas
inner join etl.extracts as extracts on extracts.system = 'cad'
left join numbered as parents on areas.parent_ref = parents.area_ref
order by areas.area_id;

-- The numbers were given here: the sequence goes on after them.
select
    setval(
        'staging.police_area_shapefiles_police_area_id_seq',
        (
            select max(police_area_id)
            from staging.police_area_shapefiles
        )
    );
