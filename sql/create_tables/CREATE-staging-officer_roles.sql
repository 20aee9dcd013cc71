create table staging.officer_roles (
    officer_id int not null references staging.officers_hub (officer_id),
    department_defined_officer_id_code text,
    department_start_date timestamp,
    department_id varchar(20),
    department_name text,
    job_start_date timestamp,
    job_id varchar(20),
    job_title text,
    sworn_flag int,
    rank_code int references staging.lookup_ranks (code),
    paygrade_code int references staging.lookup_paygrades (code),
    paygrade_raw text,
    police_area_id int references staging.police_area_shapefiles (police_area_id),
    police_group_id int references staging.police_groups (police_group_id),
    duty_status_code int references staging.lookup_duty_statuses (code),
    bid_transfer int,
    no_pay_no_bid_change_transfer int
);

create index officer_roles_officer_id_job_start_date_idx on staging.officer_roles (officer_id, job_start_date);
create index officer_roles_police_group_id_idx on staging.officer_roles (police_group_id);

comment on table staging.officer_roles is 'Rank, unit and position of officers over time, one row for each change';
comment on column staging.officer_roles.officer_id is 'Officer of the hub whom the row is about';
comment on column staging.officer_roles.department_defined_officer_id_code
is 'Identifier of the officer in the personnel system';
comment on column staging.officer_roles.department_start_date is 'When the officer joined the department';
comment on column staging.officer_roles.department_id
is 'The department''s own code for the unit or division; text, hence no key to lookup_departments';
comment on column staging.officer_roles.department_name is 'Name of that unit or division, as written';
comment on column staging.officer_roles.job_start_date is 'When the officer began in this role';
comment on column staging.officer_roles.job_id
is 'The department''s own code for the position; text, hence no key to organization_chart';
comment on column staging.officer_roles.job_title is 'Name of the position, as written';
comment on column staging.officer_roles.sworn_flag is '1 for sworn officers, 0 for civilians';
comment on column staging.officer_roles.rank_code is 'Rank, after spellings have been evened out: lookup_ranks';
comment on column staging.officer_roles.paygrade_code is 'Pay grade: lookup_paygrades';
comment on column staging.officer_roles.paygrade_raw is 'Pay grade as the source writes it';
comment on column staging.officer_roles.police_area_id is 'Police area (district, beat) of police_area_shapefiles';
comment on column staging.officer_roles.police_group_id is 'Unit of the officer in this role, in police_groups';
comment on column staging.officer_roles.duty_status_code is 'Active, on leave, retired ...: lookup_duty_statuses';
comment on column staging.officer_roles.bid_transfer is '1 when the officer got the role by bidding for it';
comment on column staging.officer_roles.no_pay_no_bid_change_transfer
is '1 when neither pay nor bid changed with the role';
