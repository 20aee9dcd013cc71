create table staging.officer_marital (
    officer_id int not null references staging.officers_hub (officer_id),
    marital_status_code int references staging.lookup_marital_statuses (code),
    last_modified timestamp
);

create index officer_marital_officer_id_idx on staging.officer_marital (officer_id);

comment on table staging.officer_marital is 'Marital status of officers; further rows are later readings';
comment on column staging.officer_marital.officer_id is 'Officer of the hub whom the row is about';
comment on column staging.officer_marital.marital_status_code
is 'Marital status, as of last_modified: lookup_marital_statuses';
comment on column staging.officer_marital.last_modified is 'When the source last changed the row';
