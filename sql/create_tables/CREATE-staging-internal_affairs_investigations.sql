create table staging.internal_affairs_investigations (
    event_id int not null references staging.events_hub (event_id),
    incident_type_code int references staging.lookup_incident_types (code),
    rule_violated_code int references staging.lookup_rules_violated (code),
    department_defined_investigation_id varchar,
    final_ruling_code int references staging.lookup_final_rulings (code),
    investigation_supervisor_id int references staging.officers_hub (officer_id),
    tactics_concerns_flag boolean,
    safety_concerns_flag boolean,
    communications_concerns_flag boolean,
    intervention_type_code int references staging.lookup_intervention_types (code),
    days_suspended int,
    training_id int references staging.officer_trainings (training_id),
    date_investigation_started timestamp,
    date_of_judgement timestamp,
    date_intervention_received timestamp,
    reprimand_type_code int references staging.lookup_reprimand_types (code),
    reprimand_narrative text,
    officer_explanation_narrative text,
    general_narrative text
);

create index internal_affairs_investigations_event_id_idx on staging.internal_affairs_investigations (event_id);

comment on table staging.internal_affairs_investigations
is 'Internal-affairs cases, one row for each event and rule in question';
comment on column staging.internal_affairs_investigations.event_id is 'Event of the hub that this row describes';
comment on column staging.internal_affairs_investigations.incident_type_code
is 'What is investigated: lookup_incident_types';
comment on column staging.internal_affairs_investigations.rule_violated_code
is 'Rule in question: lookup_rules_violated';
comment on column staging.internal_affairs_investigations.department_defined_investigation_id
is 'The department''s own number of the case';
comment on column staging.internal_affairs_investigations.final_ruling_code
is 'Sustained, unfounded ...: lookup_final_rulings';
comment on column staging.internal_affairs_investigations.investigation_supervisor_id
is 'Officer who supervised the investigation, in officers_hub';
comment on column staging.internal_affairs_investigations.tactics_concerns_flag
is 'Whether the review found fault with tactics';
comment on column staging.internal_affairs_investigations.safety_concerns_flag
is 'Whether the review found fault with safety';
comment on column staging.internal_affairs_investigations.communications_concerns_flag
is 'Whether the review found fault with communication';
comment on column staging.internal_affairs_investigations.intervention_type_code
is 'What was done about it: lookup_intervention_types';
comment on column staging.internal_affairs_investigations.days_suspended
is 'Days of suspension, active and inactive together';
comment on column staging.internal_affairs_investigations.training_id
is 'Training that was ordered, in officer_trainings';
comment on column staging.internal_affairs_investigations.date_investigation_started is 'When the case was opened';
comment on column staging.internal_affairs_investigations.date_of_judgement is 'When the finding became final';
comment on column staging.internal_affairs_investigations.date_intervention_received
is 'When the officer received the discipline or training';
comment on column staging.internal_affairs_investigations.reprimand_type_code
is 'Oral or written: lookup_reprimand_types';
comment on column staging.internal_affairs_investigations.reprimand_narrative is 'Text of the reprimand';
comment on column staging.internal_affairs_investigations.officer_explanation_narrative
is 'The officer''s own account, free text';
comment on column staging.internal_affairs_investigations.general_narrative is 'The investigator''s account, free text';
