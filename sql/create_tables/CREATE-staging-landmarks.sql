create table staging.landmarks (
    landmark_id int primary key,
    landmark_type_code int references staging.lookup_landmark_types (code),
    latitude double precision,
    longitude double precision,
    address_id int references staging.addresses (address_id)
);

create index landmarks_address_id_idx on staging.landmarks (address_id);

comment on table staging.landmarks is 'Places that draw police work: schools, stations, stadiums';
comment on column staging.landmarks.landmark_id is 'Number of the place';
comment on column staging.landmarks.landmark_type_code is 'School, stadium, bar ...: lookup_landmark_types';
comment on column staging.landmarks.latitude is 'Degrees north, WGS 84';
comment on column staging.landmarks.longitude is 'Degrees east, WGS 84; negative in the Americas';
comment on column staging.landmarks.address_id is 'Its address, in addresses';
