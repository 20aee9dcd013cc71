create table staging.charges (
    department_defined_charge_id varchar,
    charge_code int references staging.lookup_charges (code),
    accepted_by_magistrate_code int,
    ruling_code int references staging.lookup_rulings (code)
);

create index charges_department_defined_charge_id_idx on staging.charges (department_defined_charge_id);

comment on table staging.charges is 'Charges against arrested suspects';
comment on column staging.charges.department_defined_charge_id is 'The department''s own id of the charge';
comment on column staging.charges.charge_code is 'Offence charged: lookup_charges';
comment on column staging.charges.accepted_by_magistrate_code
is '1 accepted, 0 refused by the magistrate, null not yet heard; there is no lookup for it';
comment on column staging.charges.ruling_code is 'How the court ruled: lookup_rulings';
