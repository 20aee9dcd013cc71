create table staging.incidents (
    event_id int primary key references staging.events_hub (event_id),
    investigation_id int,
    department_defined_investigation_id text,
    department_defined_policy_type text,
    department_defined_incident_type_code int,
    department_defined_policy_violated text,
    department_defined_policy_violated_cleaned text,
    grouped_incident_type_code int references staging.lookup_incident_types (code),
    number_of_allegations int,
    number_of_justified_allegations int,
    number_of_unjustified_allegations int,
    number_of_preventable_allegations int,
    number_of_non_preventable_allegations int,
    number_of_unfounded_allegations int,
    number_of_sustained_allegations int,
    number_of_unsustained_allegations int,
    number_of_exonerated_allegations int,
    number_of_unknown_outcome_allegations int,
    origination_type_code int references staging.lookup_origination_types (code),
    investigation_start_date timestamp,
    investigation_end_date timestamp,
    investigating_officer_id int references staging.officers_hub (officer_id),
    tactics_concerns_flag boolean,
    safety_concerns_flag boolean,
    communications_concerns_flag boolean,
    report_date timestamp,
    intervention_type_code int references staging.lookup_intervention_types (code),
    days_suspended int,
    concerns_type_code int,
    hours_active_suspension int,
    hours_inactive_suspension int,
    training_id int references staging.officer_trainings (training_id),
    date_of_judgment timestamp,
    final_ruling_code int references staging.lookup_final_rulings (code),
    date_intervention_received timestamp,
    reprimand_type_code int references staging.lookup_reprimand_types (code),
    reprimand_narrative text,
    officer_explanation_narrative text,
    general_narrative text,
    last_modified timestamp,
    department_source_table text,
    event_datetime timestamp,
    officer_id int references staging.officers_hub (officer_id)
);

create index incidents_officer_id_idx on staging.incidents (officer_id);
create index incidents_department_defined_investigation_id_idx
on staging.incidents (department_defined_investigation_id);

comment on table staging.incidents is 'Incidents that were investigated, with allegations counted by finding';
comment on column staging.incidents.event_id is 'Event of the hub that this row describes';
comment on column staging.incidents.investigation_id
is 'Number of the investigation here; incidents of one investigation share it';
comment on column staging.incidents.department_defined_investigation_id
is 'The department''s own number of the investigation';
comment on column staging.incidents.department_defined_policy_type
is 'Chapter of the policy in question, in the department''s words';
comment on column staging.incidents.department_defined_incident_type_code
is 'The department''s own number for the kind of incident; not lookup_incident_types';
comment on column staging.incidents.department_defined_policy_violated
is 'Policy said to be violated, in the department''s words';
comment on column staging.incidents.department_defined_policy_violated_cleaned
is 'The policy in question after spelling and case have been evened out';
comment on column staging.incidents.grouped_incident_type_code
is 'Kind of incident in groups that hold for every department: lookup_incident_types';
comment on column staging.incidents.number_of_allegations
is 'How many allegations were made; the outcome counts below add up to it';
comment on column staging.incidents.number_of_justified_allegations is 'How many were found justified';
comment on column staging.incidents.number_of_unjustified_allegations is 'How many were found not justified';
comment on column staging.incidents.number_of_preventable_allegations
is 'How many were found preventable (collisions and injuries)';
comment on column staging.incidents.number_of_non_preventable_allegations is 'How many were found not preventable';
comment on column staging.incidents.number_of_unfounded_allegations is 'How many did not happen';
comment on column staging.incidents.number_of_sustained_allegations is 'How many were proven';
comment on column staging.incidents.number_of_unsustained_allegations
is 'How many could be neither proven nor disproven';
comment on column staging.incidents.number_of_exonerated_allegations is 'How many happened and were proper';
comment on column staging.incidents.number_of_unknown_outcome_allegations
is 'How many have no finding, or one that nobody can read';
comment on column staging.incidents.origination_type_code
is 'From inside or outside the department: lookup_origination_types';
comment on column staging.incidents.investigation_start_date is 'When the investigation was opened';
comment on column staging.incidents.investigation_end_date
is 'When the investigation was closed; null while it is open';
comment on column staging.incidents.investigating_officer_id is 'Officer who investigated, in officers_hub';
comment on column staging.incidents.tactics_concerns_flag is 'Whether the review found fault with tactics';
comment on column staging.incidents.safety_concerns_flag is 'Whether the review found fault with safety';
comment on column staging.incidents.communications_concerns_flag is 'Whether the review found fault with communication';
comment on column staging.incidents.report_date is 'When the incident was reported';
comment on column staging.incidents.intervention_type_code is 'What was done about it: lookup_intervention_types';
comment on column staging.incidents.days_suspended is 'Days of suspension, active and inactive together';
comment on column staging.incidents.concerns_type_code
is 'The department''s own number for the concern; there is no lookup for it';
comment on column staging.incidents.hours_active_suspension is 'Hours without pay that were served';
comment on column staging.incidents.hours_inactive_suspension is 'Hours without pay that were held back on probation';
comment on column staging.incidents.training_id is 'Training that was ordered, in officer_trainings';
comment on column staging.incidents.date_of_judgment is 'When the finding became final';
comment on column staging.incidents.final_ruling_code is 'Sustained, unfounded ...: lookup_final_rulings';
comment on column staging.incidents.date_intervention_received
is 'When the officer received the discipline or training';
comment on column staging.incidents.reprimand_type_code is 'Oral or written: lookup_reprimand_types';
comment on column staging.incidents.reprimand_narrative is 'Text of the reprimand';
comment on column staging.incidents.officer_explanation_narrative is 'The officer''s own account, free text';
comment on column staging.incidents.general_narrative is 'The investigator''s account, free text';
comment on column staging.incidents.last_modified is 'When the source last changed the row';
comment on column staging.incidents.department_source_table is 'Table of the source that the row comes from';
comment on column staging.incidents.event_datetime is 'When the event happened, local time; the same as in events_hub';
comment on column staging.incidents.officer_id is 'Officer under investigation, in officers_hub';
