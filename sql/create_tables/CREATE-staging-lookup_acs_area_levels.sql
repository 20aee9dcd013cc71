create table staging.lookup_acs_area_levels (
    code int primary key,
    value varchar not null,
    description varchar,
    parent_code int references staging.lookup_acs_area_levels (code)
);

comment on table staging.lookup_acs_area_levels is 'Levels of census areas, from the nation down to the block';
comment on column staging.lookup_acs_area_levels.code
is 'Number of the level; acs_shapefiles.acs_area_level_code (as text) refers to it';
comment on column staging.lookup_acs_area_levels.value is 'Short name of the level, unique here';
comment on column staging.lookup_acs_area_levels.description is 'What the level means, or when to use it';
comment on column staging.lookup_acs_area_levels.parent_code is 'Level directly above; null at the top';
