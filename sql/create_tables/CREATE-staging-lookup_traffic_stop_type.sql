create table staging.lookup_traffic_stop_type (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_traffic_stop_type is 'Why cars are stopped';
comment on column staging.lookup_traffic_stop_type.code
is 'Number of the reason; traffic_stops.stop_type_code refers to it';
comment on column staging.lookup_traffic_stop_type.value is 'Short name of the reason, unique here';
comment on column staging.lookup_traffic_stop_type.description is 'What the reason means, or when to use it';
