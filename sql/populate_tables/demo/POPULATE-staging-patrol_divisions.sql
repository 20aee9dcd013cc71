-- One row per beat (response area) with its division, two levels up; nothing is left out.
-- The box on the map is written as a multipolygon.
insert into staging.patrol_divisions (division_id, division, response_area, geom_wkt, longitude, latitude)
select
    divisions.area_ref,
    divisions.area_name,
    staging.parse_integer(substr(beats.area_ref, 3)),
    format(
        'MULTIPOLYGON(((%1$s %2$s, %3$s %2$s, %3$s %4$s, %1$s %4$s, %1$s %2$s)))',
        beats.west,
        beats.south,
        beats.east,
        beats.north
    ),
    (beats.west + beats.east) / 2,
    (beats.south + beats.north) / 2
from etl.gis_areas as beats
inner join etl.gis_areas as districts on beats.parent_ref = districts.area_ref
inner join etl.gis_areas as divisions on districts.parent_ref = divisions.area_ref
where staging.normalise_text(beats.area_level) = 'BEAT'
order by staging.parse_integer(substr(beats.area_ref, 3));
