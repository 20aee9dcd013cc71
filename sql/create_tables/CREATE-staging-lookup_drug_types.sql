create table staging.lookup_drug_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_drug_types is 'Drugs that searches find';
comment on column staging.lookup_drug_types.code
is 'Number of the drug; field_interviews.drug_type_code and traffic_stops.drug_type_code refer to it';
comment on column staging.lookup_drug_types.value is 'Short name of the drug, unique here';
comment on column staging.lookup_drug_types.description is 'What the drug means, or when to use it';
