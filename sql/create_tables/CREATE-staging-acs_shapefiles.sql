create table staging.acs_shapefiles (
    acs_area_id int,
    acs_area_level_code varchar,
    acs_area_valid_from_date int,
    parent_acs_area_id varchar,
    acs_area_name varchar,
    acs_area_description varchar,
    acs_area_geometry double precision,
    acs_projection_type varchar,
    primary key (acs_area_id, acs_area_valid_from_date)
);

comment on table staging.acs_shapefiles is 'Census areas and how they lie in each other';
comment on column staging.acs_shapefiles.acs_area_id is 'FIPS code of the census area as a number';
comment on column staging.acs_shapefiles.acs_area_level_code
is 'Tract, block group ...: lookup_acs_area_levels.code, written as text';
comment on column staging.acs_shapefiles.acs_area_valid_from_date
is 'First day on which the outline holds, as a number YYYYMMDD';
comment on column staging.acs_shapefiles.parent_acs_area_id is 'FIPS code of the area that holds this one';
comment on column staging.acs_shapefiles.acs_area_name is 'Name that the census gives the area';
comment on column staging.acs_shapefiles.acs_area_description is 'What the area is, in a sentence';
comment on column staging.acs_shapefiles.acs_area_geometry is 'Size of the area in square metres';
comment on column staging.acs_shapefiles.acs_projection_type
is 'Coordinate system in which the size was measured, such as EPSG:5070';
