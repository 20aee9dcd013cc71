create table staging.police_groups (
    police_group_id int primary key,
    police_group_department_defined_id varchar,
    police_group_level_code int references staging.lookup_police_group_levels (code),
    last_modified date,
    parent_police_group_id int references staging.police_groups (police_group_id),
    police_group_name varchar,
    police_group_description text
);

create index police_groups_parent_police_group_id_idx on staging.police_groups (parent_police_group_id);
create index police_groups_police_group_department_defined_id_idx
on staging.police_groups (police_group_department_defined_id);

comment on table staging.police_groups is 'Units, divisions and bureaus, and how they lie in each other';
comment on column staging.police_groups.police_group_id is 'Number of the group; roles refer to it';
comment on column staging.police_groups.police_group_department_defined_id
is 'The department''s own number of the unit';
comment on column staging.police_groups.police_group_level_code
is 'Bureau, division, unit ...: lookup_police_group_levels';
comment on column staging.police_groups.last_modified is 'Day on which the group last changed';
comment on column staging.police_groups.parent_police_group_id is 'Group that holds this one; null at the top';
comment on column staging.police_groups.police_group_name is 'Name of the group';
comment on column staging.police_groups.police_group_description is 'What the group does';
