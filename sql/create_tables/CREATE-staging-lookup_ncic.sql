create table staging.lookup_ncic (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_ncic
is 'Offence classes of the National Crime Information Center; the code is the first two digits';
comment on column staging.lookup_ncic.code is 'Number of the class; arrests.ncic_code refers to it';
comment on column staging.lookup_ncic.value is 'Short name of the class, unique here';
comment on column staging.lookup_ncic.description is 'What the class means, or when to use it';
