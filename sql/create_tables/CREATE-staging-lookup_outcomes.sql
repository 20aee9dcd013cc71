create table staging.lookup_outcomes (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_outcomes is 'What became of an accused officer, finer than the interventions';
comment on column staging.lookup_outcomes.code is 'Number of the outcome; no column of the schema refers to it yet';
comment on column staging.lookup_outcomes.value is 'Short name of the outcome, unique here';
comment on column staging.lookup_outcomes.description is 'What the outcome means, or when to use it';
