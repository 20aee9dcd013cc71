create table staging.officers_hub (
    officer_id serial primary key,
    department_defined_officer_id text,
    department_defined_officer_id_code text,
    race_code int references staging.lookup_races (code),
    ethnicity_code int references staging.lookup_ethnicities (code),
    date_of_birth timestamp,
    birth_city varchar,
    birth_state varchar,
    create_time timestamp,
    last_modified timestamp
);

create index officers_hub_department_defined_officer_id_idx on staging.officers_hub (department_defined_officer_id);
create index officers_hub_department_defined_officer_id_code_idx
on staging.officers_hub (department_defined_officer_id_code);

comment on table staging.officers_hub is 'Every officer once; whatever is known about officers hangs on it';
comment on column staging.officers_hub.officer_id is 'Number given here; everything about an officer refers to it';
comment on column staging.officers_hub.department_defined_officer_id
is 'The department''s own number for the officer, as text without a trailing .0';
comment on column staging.officers_hub.department_defined_officer_id_code
is 'Second identifier of the same officer, such as a badge or payroll code';
comment on column staging.officers_hub.race_code is 'Race, as the department records it: lookup_races';
comment on column staging.officers_hub.ethnicity_code is 'Ethnicity, as the department records it: lookup_ethnicities';
comment on column staging.officers_hub.date_of_birth is 'Day of birth; 1 January where only the year is known';
comment on column staging.officers_hub.birth_city is 'City of birth, as written';
comment on column staging.officers_hub.birth_state is 'State of birth, as written';
comment on column staging.officers_hub.create_time is 'When the source first recorded the row';
comment on column staging.officers_hub.last_modified is 'When the source last changed the row';
