create table staging.lookup_landmark_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_landmark_types is 'Kinds of landmarks';
comment on column staging.lookup_landmark_types.code
is 'Number of the kind of place; landmarks.landmark_type_code refers to it';
comment on column staging.lookup_landmark_types.value is 'Short name of the kind of place, unique here';
comment on column staging.lookup_landmark_types.description is 'What the kind of place means, or when to use it';
