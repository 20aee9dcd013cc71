create table staging.lookup_agencies (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_agencies is 'Agencies that arrest or investigate';
comment on column staging.lookup_agencies.code is 'Number of the agency; arrests.arresting_agency_code refers to it';
comment on column staging.lookup_agencies.value is 'Short name of the agency, unique here';
comment on column staging.lookup_agencies.description is 'What the agency means, or when to use it';
