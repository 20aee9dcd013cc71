create table staging.organization_chart (
    job_id int primary key,
    department_code int references staging.lookup_departments (code),
    supervisor_id int references staging.organization_chart (job_id),
    supervisor_flag boolean,
    title varchar,
    description varchar
);

create index organization_chart_supervisor_id_idx on staging.organization_chart (supervisor_id);

comment on table staging.organization_chart is 'Positions of the department and who reports to whom';
comment on column staging.organization_chart.job_id is 'Number of the position';
comment on column staging.organization_chart.department_code
is 'Part of the department it belongs to: lookup_departments';
comment on column staging.organization_chart.supervisor_id is 'Position that this one reports to; null at the top';
comment on column staging.organization_chart.supervisor_flag is 'Whether others report to this position';
comment on column staging.organization_chart.title is 'Name of the position';
comment on column staging.organization_chart.description is 'What the position is for';
