create table staging.people (
    person_id serial primary key,
    department_defined_person_id text,
    source text,
    person_type_code int references staging.lookup_persons (code),
    officer_id int references staging.officers_hub (officer_id),
    race_code int references staging.lookup_races (code),
    ethnicity_code int references staging.lookup_ethnicities (code),
    gender_code int references staging.lookup_genders (code),
    date_of_birth date,
    birth_year int,
    height_inches int,
    weight_pounds int,
    hair_color_code int references staging.lookup_hair_colors (code),
    eye_color_code int references staging.lookup_eye_colors (code),
    address_id int references staging.addresses (address_id),
    last_modified timestamp,
    unique (source, department_defined_person_id)
);

create index people_officer_id_idx on staging.people (officer_id);
create index people_address_id_idx on staging.people (address_id);

comment on table staging.people
is 'Everybody whom an event names who is not there as its officer; without names, which no query needs';
comment on column staging.people.person_id is 'Number given here; events refer to it';
comment on column staging.people.department_defined_person_id
is 'The department''s own number for the person; unique within the source';
comment on column staging.people.source is 'Table of the source that first names the person';
comment on column staging.people.person_type_code is 'Suspect, victim, complainant ...: lookup_persons';
comment on column staging.people.officer_id
is 'The same human being as an officer, in officers_hub; null for everybody else';
comment on column staging.people.race_code is 'Race, as last recorded: lookup_races';
comment on column staging.people.ethnicity_code is 'Ethnicity, as last recorded: lookup_ethnicities';
comment on column staging.people.gender_code is 'Gender, as last recorded: lookup_genders';
comment on column staging.people.date_of_birth is 'Day of birth; null where only the year is known';
comment on column staging.people.birth_year is 'Year of birth; the year of date_of_birth where that is known';
comment on column staging.people.height_inches is 'Height in inches';
comment on column staging.people.weight_pounds is 'Weight in pounds';
comment on column staging.people.hair_color_code is 'Hair colour: lookup_hair_colors';
comment on column staging.people.eye_color_code is 'Eye colour: lookup_eye_colors';
comment on column staging.people.address_id is 'Where the person lives, in addresses';
comment on column staging.people.last_modified is 'When the source last changed the row';
