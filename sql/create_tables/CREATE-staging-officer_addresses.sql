create table staging.officer_addresses (
    officer_id int not null references staging.officers_hub (officer_id),
    address_id int references staging.addresses (address_id),
    address_raw varchar,
    miles_to_assignment decimal,
    last_modified timestamp
);

create index officer_addresses_officer_id_idx on staging.officer_addresses (officer_id);
create index officer_addresses_address_id_idx on staging.officer_addresses (address_id);

comment on table staging.officer_addresses is 'Where officers live';
comment on column staging.officer_addresses.officer_id is 'Officer of the hub whom the row is about';
comment on column staging.officer_addresses.address_id is 'Home of the officer, in addresses';
comment on column staging.officer_addresses.address_raw
is 'Address as the source writes it, kept when it could not be read';
comment on column staging.officer_addresses.miles_to_assignment
is 'Miles as the crow flies from home to the place of duty';
comment on column staging.officer_addresses.last_modified is 'When the source last changed the row';
