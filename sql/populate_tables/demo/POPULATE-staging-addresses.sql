-- One row per address of the map: the latest version of each reference; the older ones are left
-- out and counted in row_accounting. Zip codes are the first five digits; a position of 0, or
-- one that is no number, is none. The cleanup brings cities and blocks to one spelling.
with latest as (
    select distinct on (address_ref) *
    from etl.gis_addresses
    order by
        address_ref asc,
        updated_at desc,
        row_id asc
),

placed as (
    select
        *,
        latitude ~ '^-?[0-9]{1,3}\.[0-9]+$' and longitude ~ '^-?[0-9]{1,3}\.[0-9]+$' as has_position
    from latest
)

insert into staging.addresses (
    department_defined_reference_id,
    street_address,
    second_street_address,
    city,
    zip,
    state,
    latitude,
    longitude,
    geom_wkt,
    last_modified
)
select
    address_ref,
    staging.normalise_text(street),
    nullif(second_line, ''),
    btrim(city),
    staging.parse_integer(left(zip, 5)),
    case staging.normalise_text(state)
        when 'ILLINOIS' then 'IL'
        else staging.normalise_text(state)
    end,
    case
        when has_position then latitude::decimal
    end,
    case
        when has_position then longitude::decimal
    end,
    case
        when has_position then 'POINT(' || longitude || ' ' || latitude || ')'
    end,
    updated_at
from placed
order by
    length(address_ref),
    address_ref;
