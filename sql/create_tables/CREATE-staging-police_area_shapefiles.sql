create table staging.police_area_shapefiles (
    police_area_id serial primary key,
    police_area_department_defined_id varchar,
    police_area_level_code int references staging.lookup_police_area_levels (code),
    last_modified date,
    parent_police_area_id int references staging.police_area_shapefiles (police_area_id),
    police_area_name varchar,
    police_area_description varchar,
    police_area_geometry_wkt text,
    longitude decimal,
    latitude decimal,
    police_projection_type varchar
);

create index police_area_shapefiles_parent_police_area_id_idx on staging.police_area_shapefiles (parent_police_area_id);

comment on table staging.police_area_shapefiles
is 'Areas into which the police divide the city, and how they lie in each other';
comment on column staging.police_area_shapefiles.police_area_id is 'Number given here; shifts and arrests refer to it';
comment on column staging.police_area_shapefiles.police_area_department_defined_id
is 'The department''s own number of the area';
comment on column staging.police_area_shapefiles.police_area_level_code
is 'City, division, beat ...: lookup_police_area_levels';
comment on column staging.police_area_shapefiles.last_modified is 'Day on which the outline last changed';
comment on column staging.police_area_shapefiles.parent_police_area_id is 'Area that holds this one; null at the top';
comment on column staging.police_area_shapefiles.police_area_name is 'Name of the area';
comment on column staging.police_area_shapefiles.police_area_description is 'What the area is, in a sentence';
comment on column staging.police_area_shapefiles.police_area_geometry_wkt is 'Outline as well-known text';
comment on column staging.police_area_shapefiles.longitude is 'Degrees east of a point inside the area, WGS 84';
comment on column staging.police_area_shapefiles.latitude is 'Degrees north of a point inside the area, WGS 84';
comment on column staging.police_area_shapefiles.police_projection_type
is 'Coordinate system of the outline, such as EPSG:4326';
