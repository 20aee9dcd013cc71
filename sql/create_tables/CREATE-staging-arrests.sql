create table staging.arrests (
    event_id int primary key references staging.events_hub (event_id),
    department_defined_arrest_id varchar,
    department_defined_arrest_number int,
    arrest_type_code int references staging.lookup_arrest_types (code),
    arresting_agency_code int references staging.lookup_agencies (code),
    arrest_status_code int references staging.lookup_arrest_status (code),
    arrest_day_of_week int references staging.lookup_days_of_week (code),
    booked_datetime timestamp,
    suspect_person_id int references staging.people (person_id),
    suspect_age_at_arrest int,
    suspect_race_code int references staging.lookup_races (code),
    suspect_ethnicity_code int references staging.lookup_ethnicities (code),
    suspect_gender_code int references staging.lookup_genders (code),
    suspect_height_inches int,
    suspect_weight_pounds int,
    suspect_hair_color_code int references staging.lookup_hair_colors (code),
    suspect_eye_color_code int references staging.lookup_eye_colors (code),
    ucr4_code varchar(4) references staging.lookup_ucr4_codes (code),
    ucr4_grouped_code int references staging.lookup_ucr4_grouped_dispatch_types (code),
    ncic_code int references staging.lookup_ncic (code),
    nibrs_code int references staging.lookup_nib (code),
    felony_flag boolean,
    drugs_flag boolean,
    stolen_vehicle_flag boolean,
    resisted_arrest_flag boolean,
    assaulted_officer_flag boolean,
    officer_injured_flag boolean,
    arrest_address_id bigint references staging.addresses (address_id),
    arrest_finest_area_id int references staging.police_area_shapefiles (police_area_id),
    suspect_address_id int references staging.addresses (address_id),
    assisting_officer_id int references staging.officers_hub (officer_id),
    transporting_officer_id int references staging.officers_hub (officer_id),
    narrative text,
    shift_code int references staging.lookup_shift_types (code),
    date_created timestamp,
    date_modified timestamp,
    event_datetime timestamp,
    officer_id int references staging.officers_hub (officer_id)
);

create index arrests_officer_id_idx on staging.arrests (officer_id);
create index arrests_suspect_person_id_idx on staging.arrests (suspect_person_id);
create index arrests_arrest_address_id_idx on staging.arrests (arrest_address_id);
create index arrests_department_defined_arrest_id_idx on staging.arrests (department_defined_arrest_id);

comment on table staging.arrests is 'Arrests, one row for each suspect and event';
comment on column staging.arrests.event_id is 'Event of the hub that this row describes';
comment on column staging.arrests.department_defined_arrest_id is 'The department''s own id of the arrest record';
comment on column staging.arrests.department_defined_arrest_number is 'Number printed on the arrest report';
comment on column staging.arrests.arrest_type_code is 'On view, by warrant or by summons: lookup_arrest_types';
comment on column staging.arrests.arresting_agency_code is 'Who made the arrest: lookup_agencies';
comment on column staging.arrests.arrest_status_code is 'Where the case stands: lookup_arrest_status';
comment on column staging.arrests.arrest_day_of_week is 'Day of the arrest, 1 Monday to 7 Sunday: lookup_days_of_week';
comment on column staging.arrests.booked_datetime is 'When the suspect was booked, local time';
comment on column staging.arrests.suspect_person_id is 'Suspect, in people';
comment on column staging.arrests.suspect_age_at_arrest is 'Full years of age on the day';
comment on column staging.arrests.suspect_race_code is 'Race, as the officer reported it: lookup_races';
comment on column staging.arrests.suspect_ethnicity_code is 'Ethnicity, as the officer reported it: lookup_ethnicities';
comment on column staging.arrests.suspect_gender_code is 'Gender, as the officer reported it: lookup_genders';
comment on column staging.arrests.suspect_height_inches is 'Height in inches';
comment on column staging.arrests.suspect_weight_pounds is 'Weight in pounds';
comment on column staging.arrests.suspect_hair_color_code is 'Hair colour: lookup_hair_colors';
comment on column staging.arrests.suspect_eye_color_code is 'Eye colour: lookup_eye_colors';
comment on column staging.arrests.ucr4_code
is 'Most serious offence, four-digit Uniform Crime Reporting code: lookup_ucr4_codes';
comment on column staging.arrests.ucr4_grouped_code is 'Offence in coarse groups: lookup_ucr4_grouped_dispatch_types';
comment on column staging.arrests.ncic_code is 'Offence class of the National Crime Information Center: lookup_ncic';
comment on column staging.arrests.nibrs_code is 'Offence of the National Incident-Based Reporting System: lookup_nib';
comment on column staging.arrests.felony_flag is 'Whether any charge is a felony';
comment on column staging.arrests.drugs_flag is 'Whether any charge is about drugs';
comment on column staging.arrests.stolen_vehicle_flag is 'Whether a stolen vehicle was involved';
comment on column staging.arrests.resisted_arrest_flag is 'Whether resisting is among the charges';
comment on column staging.arrests.assaulted_officer_flag is 'Whether assault on an officer is among the charges';
comment on column staging.arrests.officer_injured_flag is 'Whether an officer was hurt';
comment on column staging.arrests.arrest_address_id is 'Where the arrest was made, in addresses';
comment on column staging.arrests.arrest_finest_area_id
is 'Smallest police area that holds the place, in police_area_shapefiles';
comment on column staging.arrests.suspect_address_id is 'Where the suspect lives, in addresses';
comment on column staging.arrests.assisting_officer_id is 'Second officer at the arrest, in officers_hub';
comment on column staging.arrests.transporting_officer_id
is 'Officer who drove the suspect to booking, in officers_hub';
comment on column staging.arrests.narrative is 'The officer''s account, free text';
comment on column staging.arrests.shift_code is 'Shift on which the arrest was made: lookup_shift_types';
comment on column staging.arrests.date_created is 'When the source first recorded the row';
comment on column staging.arrests.date_modified is 'When the source last changed the row';
comment on column staging.arrests.event_datetime is 'When the event happened, local time; the same as in events_hub';
comment on column staging.arrests.officer_id is 'Arresting officer, in officers_hub';
