create table staging.lookup_external_jobs (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_external_jobs is 'Jobs that officers have beside the force';
comment on column staging.lookup_external_jobs.code
is 'Number of the job; officer_outside_employment.external_job_code refers to it';
comment on column staging.lookup_external_jobs.value is 'Short name of the job, unique here';
comment on column staging.lookup_external_jobs.description is 'What the job means, or when to use it';
