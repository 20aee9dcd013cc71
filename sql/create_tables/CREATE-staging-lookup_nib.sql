create table staging.lookup_nib (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_nib
is 'Offences of the National Incident-Based Reporting System; the value is its code';
comment on column staging.lookup_nib.code
is 'Number given here, since NIBRS codes have letters; arrests.nibrs_code refers to it';
comment on column staging.lookup_nib.value is 'Its three-character code, such as 13A';
comment on column staging.lookup_nib.description is 'Name of the offence';
