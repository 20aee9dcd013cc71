-- Where each officer lives, as written. Left out, and counted in row_accounting: personnel rows
-- that officers_hub left out, and officers without an address. Home addresses are not on the
-- map of etl.gis_addresses, which holds places of events; address_id is found only where the
-- street happens to be there once.
with places as (
    select
        street_address,
        min(address_id) as address_id
    from staging.addresses
    where street_address is not null
    group by street_address
    having count(*) = 1
)

insert into staging.officer_addresses (officer_id, address_id, address_raw, miles_to_assignment, last_modified)
select
    hub.officer_id,
    places.address_id,
    btrim(employees.home_address),
    case
        when employees.commute_miles ~ '^[0-9]{1,4}(\.[0-9]+)?$'
            then employees.commute_miles::decimal
    end,
    employees.updated_at
from etl.hr_employees as employees
inner join staging.officers_hub as hub
    on
        upper(btrim(employees.employee_no)) = hub.department_defined_officer_id
        and employees.updated_at = hub.last_modified
left join places on staging.normalise_text(split_part(employees.home_address, ',', 1)) = places.street_address
where staging.normalise_text(employees.home_address) is not null;
