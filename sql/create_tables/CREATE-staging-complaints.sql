create table staging.complaints (
    event_id int not null references staging.events_hub (event_id),
    complaint_id int,
    accusing_officer_id int references staging.officers_hub (officer_id),
    department_defined_policy_violated text,
    complaint_narrative text,
    datetime date,
    department_defined_complaint_id varchar,
    processed_flag boolean,
    complaint_origin_code int references staging.lookup_complaint_origins (code),
    accusing_citizen_hash int,
    accusing_citizen_race_code int references staging.lookup_races (code),
    accusing_citizen_ethnicity_code int references staging.lookup_ethnicities (code),
    accusing_citizen_gender_code int references staging.lookup_genders (code),
    accusing_citizen_age_at_complaint int,
    event_datetime timestamp,
    officer_id int references staging.officers_hub (officer_id)
);

create index complaints_event_id_idx on staging.complaints (event_id);
create index complaints_officer_id_idx on staging.complaints (officer_id);
create index complaints_complaint_id_idx on staging.complaints (complaint_id);

comment on table staging.complaints is 'Complaints about officers, one row for each accused officer';
comment on column staging.complaints.event_id is 'Event of the hub that this row describes';
comment on column staging.complaints.complaint_id
is 'Number of the complaint here; accusations of one complaint share it';
comment on column staging.complaints.accusing_officer_id
is 'Officer who complained, in officers_hub; null when a citizen did';
comment on column staging.complaints.department_defined_policy_violated
is 'Policy said to be violated, in the department''s words';
comment on column staging.complaints.complaint_narrative is 'What was complained about, free text';
comment on column staging.complaints.datetime is 'Day on which the complaint was received';
comment on column staging.complaints.department_defined_complaint_id is 'The department''s own number of the complaint';
comment on column staging.complaints.processed_flag is 'Whether the complaint has been closed';
comment on column staging.complaints.complaint_origin_code
is 'Citizen, department or another agency: lookup_complaint_origins';
comment on column staging.complaints.accusing_citizen_hash
is 'Hash that recognises the same complainant again without a name';
comment on column staging.complaints.accusing_citizen_race_code is 'Race, of the complainant: lookup_races';
comment on column staging.complaints.accusing_citizen_ethnicity_code
is 'Ethnicity, of the complainant: lookup_ethnicities';
comment on column staging.complaints.accusing_citizen_gender_code is 'Gender, of the complainant: lookup_genders';
comment on column staging.complaints.accusing_citizen_age_at_complaint
is 'Full years of age of the complainant on the day of the complaint';
comment on column staging.complaints.event_datetime is 'When the event happened, local time; the same as in events_hub';
comment on column staging.complaints.officer_id is 'Accused officer, in officers_hub';
