create table staging.lookup_field_interview_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_field_interview_types is 'Kinds of field interviews';
comment on column staging.lookup_field_interview_types.code
is 'Number of the kind of interview; field_interviews.field_interview_type_code refers to it';
comment on column staging.lookup_field_interview_types.value is 'Short name of the kind of interview, unique here';
comment on column staging.lookup_field_interview_types.description
is 'What the kind of interview means, or when to use it';
