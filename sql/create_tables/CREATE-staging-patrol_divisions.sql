create table staging.patrol_divisions (
    division_id varchar(5),
    division text,
    response_area int,
    geom_wkt text,
    longitude decimal,
    latitude decimal,
    unique (division_id, response_area)
);

comment on table staging.patrol_divisions is 'Patrol divisions and the response areas in them';
comment on column staging.patrol_divisions.division_id is 'The department''s own short code of the division';
comment on column staging.patrol_divisions.division is 'Name of the division';
comment on column staging.patrol_divisions.response_area is 'Number of a response area (beat) inside the division';
comment on column staging.patrol_divisions.geom_wkt is 'Outline as a well-known-text multipolygon, WGS 84 (SRID 4326)';
comment on column staging.patrol_divisions.longitude is 'Degrees east of a point inside the area, WGS 84';
comment on column staging.patrol_divisions.latitude is 'Degrees north of a point inside the area, WGS 84';
