create table staging.reports (
    event_id int not null references staging.events_hub (event_id),
    department_defined_report_id varchar,
    report_type_code int references staging.lookup_report_types (code),
    department_defined_complaint_number varchar,
    interview_in_person boolean,
    traffic_stop boolean,
    report_narrative text,
    report_date date
);

create index reports_event_id_idx on staging.reports (event_id);

comment on table staging.reports is 'Written reports about events';
comment on column staging.reports.event_id is 'Event of the hub that this row describes';
comment on column staging.reports.department_defined_report_id is 'The department''s own number of the report';
comment on column staging.reports.report_type_code is 'Kind of report: lookup_report_types';
comment on column staging.reports.department_defined_complaint_number
is 'Complaint that the report belongs to, the department''s own number';
comment on column staging.reports.interview_in_person is 'Whether the officer spoke with the person face to face';
comment on column staging.reports.traffic_stop is 'Whether the report follows a traffic stop';
comment on column staging.reports.report_narrative is 'Text of the report';
comment on column staging.reports.report_date is 'Day on which the report was written';
