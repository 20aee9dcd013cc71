create table staging.lookup_police_group_levels (
    code int primary key,
    value varchar not null,
    description varchar,
    parent_code int references staging.lookup_police_group_levels (code)
);

comment on table staging.lookup_police_group_levels is 'Levels of police groups, from the department down to the squad';
comment on column staging.lookup_police_group_levels.code
is 'Number of the level; police_groups.police_group_level_code refers to it';
comment on column staging.lookup_police_group_levels.value is 'Short name of the level, unique here';
comment on column staging.lookup_police_group_levels.description is 'What the level means, or when to use it';
comment on column staging.lookup_police_group_levels.parent_code is 'Level directly above; null at the top';
