-- The census tract of every dispatch, by its address. Left out: dispatches without an address on
-- the map, and events of other kinds, whose places are not known to the street.
insert into staging.events_geoid (event_id, geoid)
select
    dispatches.event_id,
    places.tract
from staging.dispatches as dispatches
inner join staging.addresses as addresses on dispatches.dispatch_address_id = addresses.address_id
inner join etl.gis_addresses as places
    on
        addresses.department_defined_reference_id = places.address_ref
        and addresses.last_modified = places.updated_at
where places.tract is not null
order by dispatches.event_id;
