create table staging.lookup_charges (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_charges is 'Offences that are charged, in the groups of Uniform Crime Reporting';
comment on column staging.lookup_charges.code is 'Number of the offence; charges.charge_code refers to it';
comment on column staging.lookup_charges.value is 'Short name of the offence, unique here';
comment on column staging.lookup_charges.description is 'What the offence means, or when to use it';
