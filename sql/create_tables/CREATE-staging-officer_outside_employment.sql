create table staging.officer_outside_employment (
    officer_id int not null references staging.officers_hub (officer_id),
    external_job_code int references staging.lookup_external_jobs (code),
    date_time timestamp,
    hours_on_shift double precision,
    hourly_rate double precision,
    in_uniform_flag boolean,
    address_raw varchar,
    address_id int references staging.addresses (address_id)
);

create index officer_outside_employment_officer_id_idx on staging.officer_outside_employment (officer_id);
create index officer_outside_employment_address_id_idx on staging.officer_outside_employment (address_id);

comment on table staging.officer_outside_employment is 'Work that officers do beside the force';
comment on column staging.officer_outside_employment.officer_id is 'Officer of the hub whom the row is about';
comment on column staging.officer_outside_employment.external_job_code
is 'Kind of job beside the force: lookup_external_jobs';
comment on column staging.officer_outside_employment.date_time is 'When the work began, local time';
comment on column staging.officer_outside_employment.hours_on_shift is 'Hours worked there';
comment on column staging.officer_outside_employment.hourly_rate is 'Pay in dollars an hour';
comment on column staging.officer_outside_employment.in_uniform_flag is 'Whether the officer wore the uniform there';
comment on column staging.officer_outside_employment.address_raw
is 'Address as the source writes it, kept when it could not be read';
comment on column staging.officer_outside_employment.address_id is 'Where the work was done, in addresses';
