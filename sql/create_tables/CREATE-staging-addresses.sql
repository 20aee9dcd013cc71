create table staging.addresses (
    address_id serial primary key,
    department_defined_reference_id varchar,
    street_address text,
    second_street_address text,
    city text,
    zip int,
    state text,
    latitude decimal,
    longitude decimal,
    hundreds_block text,
    geom_wkt text,
    last_modified timestamp
);

create index addresses_department_defined_reference_id_idx on staging.addresses (department_defined_reference_id);

comment on table staging.addresses is 'Every place that an event, a person or an officer has; each place once';
comment on column staging.addresses.address_id is 'Number given here; events and people refer to it';
comment on column staging.addresses.department_defined_reference_id is 'The department''s own number for the place';
comment on column staging.addresses.street_address is 'House number, direction and street, tidied';
comment on column staging.addresses.second_street_address
is 'Apartment, suite or floor; or the crossing street of an intersection';
comment on column staging.addresses.city is 'City without state and zip';
comment on column staging.addresses.zip is 'Five-digit zip code as a number; null when it is no zip code';
comment on column staging.addresses.state is 'Two-letter state';
comment on column staging.addresses.latitude is 'Degrees north, WGS 84';
comment on column staging.addresses.longitude is 'Degrees east, WGS 84; negative in the Americas';
comment on column staging.addresses.hundreds_block
is 'Street with the house number cut down to hundreds, for maps that must not show a door';
comment on column staging.addresses.geom_wkt is 'Point as well-known text, WGS 84 (SRID 4326)';
comment on column staging.addresses.last_modified is 'When the source last changed the row';
