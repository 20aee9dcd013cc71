create table staging.lookup_duty_statuses (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_duty_statuses is 'Whether an officer is on duty, on leave or gone';
comment on column staging.lookup_duty_statuses.code
is 'Number of the status; officer_roles.duty_status_code refers to it';
comment on column staging.lookup_duty_statuses.value is 'Short name of the status, unique here';
comment on column staging.lookup_duty_statuses.description is 'What the status means, or when to use it';
