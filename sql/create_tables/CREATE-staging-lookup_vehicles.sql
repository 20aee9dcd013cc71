create table staging.lookup_vehicles (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_vehicles is 'Kinds of vehicles that are stopped';
comment on column staging.lookup_vehicles.code
is 'Number of the vehicle; traffic_stops.stopped_vehicle_code refers to it';
comment on column staging.lookup_vehicles.value is 'Short name of the vehicle, unique here';
comment on column staging.lookup_vehicles.description is 'What the vehicle means, or when to use it';
