create table staging.lookup_weapon_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_weapon_types is 'Weapons that are carried, found or used';
comment on column staging.lookup_weapon_types.code
is 'Number of the weapon; field_interviews.weapon_type_code and officer_shifts.weapon_type_code refer to it';
comment on column staging.lookup_weapon_types.value is 'Short name of the weapon, unique here';
comment on column staging.lookup_weapon_types.description is 'What the weapon means, or when to use it';
