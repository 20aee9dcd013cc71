create table staging.officer_characteristics (
    officer_id int not null references staging.officers_hub (officer_id),
    weight_pounds double precision,
    height_inches double precision,
    gender_code int references staging.lookup_genders (code),
    military_service_flag boolean,
    education_level_code int references staging.lookup_education_levels (code),
    field_of_study_code int,
    create_time timestamp,
    last_modified timestamp,
    officer_first_name varchar,
    officer_middle_name varchar,
    officer_last_name varchar,
    officer_suffix varchar,
    officer_prefix varchar
);

create index officer_characteristics_officer_id_idx on staging.officer_characteristics (officer_id);

comment on table staging.officer_characteristics
is 'What is known about an officer''s person; further rows are later readings';
comment on column staging.officer_characteristics.officer_id is 'Officer of the hub whom the row is about';
comment on column staging.officer_characteristics.weight_pounds is 'Weight in pounds';
comment on column staging.officer_characteristics.height_inches is 'Height in inches';
comment on column staging.officer_characteristics.gender_code is 'Gender, as the department records it: lookup_genders';
comment on column staging.officer_characteristics.military_service_flag
is 'Whether the officer has served in the armed forces';
comment on column staging.officer_characteristics.education_level_code is 'Highest education: lookup_education_levels';
comment on column staging.officer_characteristics.field_of_study_code
is 'The department''s own number for the field of study; there is no lookup for it';
comment on column staging.officer_characteristics.create_time is 'When the source first recorded the row';
comment on column staging.officer_characteristics.last_modified is 'When the source last changed the row';
comment on column staging.officer_characteristics.officer_first_name
is 'Given name; null where the delivery leaves names out';
comment on column staging.officer_characteristics.officer_middle_name is 'Middle name or initial';
comment on column staging.officer_characteristics.officer_last_name
is 'Family name; null where the delivery leaves names out';
comment on column staging.officer_characteristics.officer_suffix is 'Jr, Sr, III';
comment on column staging.officer_characteristics.officer_prefix is 'Title before the name';
