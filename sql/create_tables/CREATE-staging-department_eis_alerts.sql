create table staging.department_eis_alerts (
    eis_alert_id serial primary key,
    officer_id int references staging.officers_hub (officer_id),
    date_created timestamp,
    event varchar(50),
    event_type int references staging.lookup_eis_flag_types (code),
    threshold int,
    employee_count int,
    intervention varchar(50),
    intervention_type int references staging.lookup_intervention_type (code),
    notes text,
    status varchar(13),
    department_defined_eis_id varchar(10)
);

create index department_eis_alerts_officer_id_idx on staging.department_eis_alerts (officer_id);

comment on table staging.department_eis_alerts
is 'Alerts that the department''s own early-intervention system has raised';
comment on column staging.department_eis_alerts.eis_alert_id is 'Number given here';
comment on column staging.department_eis_alerts.officer_id is 'Officer whom the alert flags, in officers_hub';
comment on column staging.department_eis_alerts.date_created is 'When the department''s system raised the alert';
comment on column staging.department_eis_alerts.event is 'What set the alert off, in the department''s words';
comment on column staging.department_eis_alerts.event_type is 'What set the alert off: lookup_eis_flag_types';
comment on column staging.department_eis_alerts.threshold is 'Count of events at which the system raises an alert';
comment on column staging.department_eis_alerts.employee_count is 'Count of events that the officer had';
comment on column staging.department_eis_alerts.intervention is 'What the supervisor did, in the department''s words';
comment on column staging.department_eis_alerts.intervention_type
is 'What the supervisor did: lookup_intervention_type';
comment on column staging.department_eis_alerts.notes is 'The supervisor''s remarks, free text';
comment on column staging.department_eis_alerts.status is 'Open, closed or dismissed, as written';
comment on column staging.department_eis_alerts.department_defined_eis_id
is 'The department''s own number of the alert';
