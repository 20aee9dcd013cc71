create table staging.lookup_field_interview_outcomes (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_field_interview_outcomes is 'How field interviews end';
comment on column staging.lookup_field_interview_outcomes.code
is 'Number of the outcome; field_interviews.field_interview_outcome_code refers to it';
comment on column staging.lookup_field_interview_outcomes.value is 'Short name of the outcome, unique here';
comment on column staging.lookup_field_interview_outcomes.description is 'What the outcome means, or when to use it';
