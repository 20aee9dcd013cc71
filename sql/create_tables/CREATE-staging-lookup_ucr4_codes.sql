create table staging.lookup_ucr4_codes (
    code varchar primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_ucr4_codes is 'Four-digit offence codes of Uniform Crime Reporting';
comment on column staging.lookup_ucr4_codes.code is 'Four digits with leading zeros; arrests.ucr4_code refers to it';
comment on column staging.lookup_ucr4_codes.value is 'Short name of the offence, unique here';
comment on column staging.lookup_ucr4_codes.description is 'What the offence means, or when to use it';
