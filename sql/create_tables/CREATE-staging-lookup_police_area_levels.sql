create table staging.lookup_police_area_levels (
    code int primary key,
    value varchar not null,
    description varchar,
    parent_code int references staging.lookup_police_area_levels (code)
);

comment on table staging.lookup_police_area_levels is 'Levels of police areas, from the city down to the beat';
comment on column staging.lookup_police_area_levels.code
is 'Number of the level; police_area_shapefiles.police_area_level_code refers to it';
comment on column staging.lookup_police_area_levels.value is 'Short name of the level, unique here';
comment on column staging.lookup_police_area_levels.description is 'What the level means, or when to use it';
comment on column staging.lookup_police_area_levels.parent_code is 'Level directly above; null at the top';
