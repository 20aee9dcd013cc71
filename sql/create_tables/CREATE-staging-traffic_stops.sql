create table staging.traffic_stops (
    event_id int primary key references staging.events_hub (event_id),
    department_defined_stop_id varchar,
    stop_type_code int references staging.lookup_traffic_stop_type (code),
    stop_outcome_code int references staging.lookup_traffic_stop_outcome_type (code),
    stop_day text,
    stopped_person_id int references staging.people (person_id),
    stopped_person_state varchar(2),
    stopped_person_driver_flag boolean,
    stopped_person_age_at_stop int,
    stopped_person_race_code int references staging.lookup_races (code),
    stopped_person_ethnicity int references staging.lookup_ethnicities (code),
    stopped_person_gender int references staging.lookup_genders (code),
    search_consent_request_flag boolean,
    searched_flag boolean,
    search_justification_code int references staging.lookup_search_justifications (code),
    search_justification_narrative text,
    drugs_found_flag boolean,
    drug_type_code int references staging.lookup_drug_types (code),
    weapons_found_flag boolean,
    arrest_flag boolean,
    stop_address_id int references staging.addresses (address_id),
    stopped_vehicle_code int references staging.lookup_vehicles (code),
    stop_narrative text,
    injuries_flag boolean,
    officer_injury_flag boolean,
    use_of_force_flag boolean,
    event_datetime timestamp,
    officer_id int references staging.officers_hub (officer_id)
);

create index traffic_stops_officer_id_idx on staging.traffic_stops (officer_id);
create index traffic_stops_stopped_person_id_idx on staging.traffic_stops (stopped_person_id);
create index traffic_stops_stop_address_id_idx on staging.traffic_stops (stop_address_id);

comment on table staging.traffic_stops is 'Traffic stops, one row for each person stopped';
comment on column staging.traffic_stops.event_id is 'Event of the hub that this row describes';
comment on column staging.traffic_stops.department_defined_stop_id is 'The department''s own id of the stop';
comment on column staging.traffic_stops.stop_type_code is 'Why the car was stopped: lookup_traffic_stop_type';
comment on column staging.traffic_stops.stop_outcome_code is 'How it ended: lookup_traffic_stop_outcome_type';
comment on column staging.traffic_stops.stop_day is 'Name of the weekday, as written';
comment on column staging.traffic_stops.stopped_person_id is 'Person stopped, in people';
comment on column staging.traffic_stops.stopped_person_state is 'Two-letter state of the licence';
comment on column staging.traffic_stops.stopped_person_driver_flag is 'True for the driver, false for a passenger';
comment on column staging.traffic_stops.stopped_person_age_at_stop is 'Full years of age on the day';
comment on column staging.traffic_stops.stopped_person_race_code is 'Race, as the officer reported it: lookup_races';
comment on column staging.traffic_stops.stopped_person_ethnicity
is 'Ethnicity, as the officer reported it: lookup_ethnicities';
comment on column staging.traffic_stops.stopped_person_gender is 'Gender, as the officer reported it: lookup_genders';
comment on column staging.traffic_stops.search_consent_request_flag
is 'Whether the officer asked for consent to search';
comment on column staging.traffic_stops.searched_flag is 'Whether anybody or anything was searched';
comment on column staging.traffic_stops.search_justification_code
is 'On what ground: lookup_search_justifications; null without a search';
comment on column staging.traffic_stops.search_justification_narrative is 'Why it was searched, free text';
comment on column staging.traffic_stops.drugs_found_flag is 'Whether the search found drugs';
comment on column staging.traffic_stops.drug_type_code is 'Which drug was found: lookup_drug_types';
comment on column staging.traffic_stops.weapons_found_flag is 'Whether the search found a weapon';
comment on column staging.traffic_stops.arrest_flag is 'Whether somebody was arrested';
comment on column staging.traffic_stops.stop_address_id is 'Where it happened, in addresses';
comment on column staging.traffic_stops.stopped_vehicle_code is 'Kind of vehicle: lookup_vehicles';
comment on column staging.traffic_stops.stop_narrative is 'The officer''s account, free text';
comment on column staging.traffic_stops.injuries_flag is 'Whether anybody was hurt';
comment on column staging.traffic_stops.officer_injury_flag is 'Whether an officer was hurt';
comment on column staging.traffic_stops.use_of_force_flag is 'Whether force was used';
comment on column staging.traffic_stops.event_datetime
is 'When the event happened, local time; the same as in events_hub';
comment on column staging.traffic_stops.officer_id is 'Officer who made the stop, in officers_hub';
