create table staging.lookup_traffic_stop_outcome_type (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_traffic_stop_outcome_type is 'How traffic stops end';
comment on column staging.lookup_traffic_stop_outcome_type.code
is 'Number of the outcome; traffic_stops.stop_outcome_code refers to it';
comment on column staging.lookup_traffic_stop_outcome_type.value is 'Short name of the outcome, unique here';
comment on column staging.lookup_traffic_stop_outcome_type.description is 'What the outcome means, or when to use it';
