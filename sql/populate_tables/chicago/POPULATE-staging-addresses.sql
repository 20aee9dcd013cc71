-- Every place that a complaint or a force report names, each once.
--
-- Sources:
--   etl.complaint_details  number, direction, street, apartment, city, state, zip in columns
--   etl.complaints         add1 (number), add2 (direction and street), city (with state and zip);
--                          the oldest ones: full_address, the number masked as 51**
--   etl.trr_main           block (51XX), direction, street; in Chicago unless the beat is 0
-- Rules:
--   1. A row without street names no place and is left out, with number or city or without. So is
--      a full_address that says UNKNOWN.
--   2. "----" and 0 are no house number, "?" is no direction, block XX is no block.
--   3. White space, case and the spellings CHG, CHGO and CHICGO are evened out; state names become
--      two letters; a zip code is five digits and not 00000, or null; the city "0" is null.
--   4. Places are one when street, apartment, city and state agree; of several zip codes the most
--      common stays (then the lowest).
-- department_defined_reference_id is the source and key of the row that names the place first:
-- complaint_details/17, complaints/1000123, trr_main/10 (in this order of sources).

insert into staging.addresses (
    department_defined_reference_id,
    street_address,
    second_street_address,
    city,
    zip,
    state,
    hundreds_block
)
with states as (
    select
        name,
        abbreviation
    from (
        values
        ('ALABAMA', 'AL'),
        ('ALASKA', 'AK'),
        ('ARIZONA', 'AZ'),
        ('ARKANSAS', 'AR'),
        ('CALIFORNIA', 'CA'),
        ('COLORADO', 'CO'),
        ('CONNECTICUT', 'CT'),
        ('DISTRICT OF COLUMBIA', 'DC'),
        ('FLORIDA', 'FL'),
        ('GEORGIA', 'GA'),
        ('HAWAII', 'HI'),
        ('IDAHO', 'ID'),
        ('ILLINOIS', 'IL'),
        ('INDIANA', 'IN'),
        ('IOWA', 'IA'),
        ('KENTUCKY', 'KY'),
        ('LOUISIANA', 'LA'),
        ('MASSACHUSETTS', 'MA'),
        ('MICHIGAN', 'MI'),
        ('MINNESOTA', 'MN'),
        ('MISSOURI', 'MO'),
        ('NEVADA', 'NV'),
        ('NEW JERSEY', 'NJ'),
        ('NEW MEXICO', 'NM'),
        ('NEW YORK', 'NY'),
        ('OHIO', 'OH'),
        ('OKLAHOMA', 'OK'),
        ('PENNSYLVANIA', 'PA'),
        ('SOUTH CAROLINA', 'SC'),
        ('SOUTH DAKOTA', 'SD'),
        ('TENNESSEE', 'TN'),
        ('TEXAS', 'TX'),
        ('VIRGINIA', 'VA'),
        ('WASHINGTON', 'WA'),
        ('WISCONSIN', 'WI')
    ) as state_names (name, abbreviation)
),

complaint_cities as (
    -- "CHICAGO IL 60628": a few hundred spellings, read once each
    select
        cities.city,
        coalesce(states.abbreviation, cities.parts[2]) as state,
        cities.parts[1] as name,
        substring(cities.city, '\m([0-9]{5})(?:-[0-9]{4})?\M')::int as zip
    from (
        select
            complaints.city,
            regexp_match(
                regexp_replace(upper(complaints.city), '\s+', ' ', 'g'),
                '^ ?(.*?) ?\m('
                || 'A[LKZR]|C[AOT]|DC|FL|GA|HI|I[DLNA]|KY|LA|M[AINO]|N[VJMY]|O[HK]|PA|S[CD]|T[NX]|VA|W[AI]|'
                || 'ARIZONA|FLORIDA|GEORGIA|ILLINOIS|INDIANA|IOWA|LOUISIANA|MICHIGAN|TENNESSEE|TEXAS'
                || ')(?: [0-9-]*)?(?: ?ACT?| ?[A-Z]| ?[^A-Z0-9]| CHGO)?$'
            ) as parts
        from etl.complaints
        where complaints.city is not null
        group by complaints.city
    ) as cities
    left join states
        on cities.parts[2] = states.name
),

sightings as (
    select
        'complaint_details/' || complaint_details.row_id as source_key,
        concat_ws(
            ' ',
            nullif(split_part(complaint_details.address_number, '.', 1), '0'),
            left(nullif(complaint_details.street_direction, '?'), 1),
            complaint_details.street_name
        ) as street,
        complaint_details.apartment_no as second_street,
        complaint_details.city,
        substring(complaint_details.zip, '^\s*([0-9]{5})(?:-[0-9]{4})?\s*$')::int as zip,
        states.abbreviation as state,
        complaint_details.street_name as named
    from etl.complaint_details
    left join states
        on complaint_details.state = states.name

    union all

    select
        'complaints/' || complaints.cr_id as source_key,
        coalesce(
            nullif(btrim(complaints.full_address), ''),
            concat_ws(' ', substring(complaints.add1, '^0*([1-9][0-9]*)$'), complaints.add2)
        ) as street,
        null as second_street,
        complaint_cities.name as city,
        complaint_cities.zip,
        complaint_cities.state,
        coalesce(nullif(nullif(btrim(complaints.full_address), ''), 'UNKNOWN'), complaints.add2) as named
    from etl.complaints
    left join complaint_cities
        on complaints.city = complaint_cities.city

    union all

    select
        'trr_main/' || trr_main.trr_id as source_key,
        concat_ws(' ', nullif(trr_main.block, 'XX'), left(trr_main.direction, 1), trr_main.street) as street,
        null as second_street,
        case when trr_main.beat <> '0' then 'CHICAGO' end as city,
        null as zip,
        case when trr_main.beat <> '0' then 'IL' end as state,
        trr_main.street as named
    from etl.trr_main
),

spellings as (
    -- most places come often: they are tidied once
    select
        sightings.street,
        sightings.second_street,
        sightings.city,
        sightings.zip,
        sightings.state,
        min(sightings.source_key collate "C") as source_key,
        count(*) as times
    from sightings
    where btrim(sightings.named) <> ''
    group by
        sightings.street,
        sightings.second_street,
        sightings.city,
        sightings.zip,
        sightings.state
),

tidy as (
    select
        btrim(regexp_replace(upper(spellings.street), '\s+', ' ', 'g')) as street_address,
        nullif(btrim(regexp_replace(upper(spellings.second_street), '\s+', ' ', 'g')), '') as second_street_address,
        case
            when btrim(spellings.city) in ('CHG', 'CHGO', 'CHICGO')
                then 'CHICAGO'
            else nullif(nullif(btrim(regexp_replace(upper(spellings.city), '\s+', ' ', 'g')), ''), '0')
        end as city,
        nullif(spellings.zip, 0) as zip,
        spellings.state,
        spellings.source_key,
        spellings.times
    from spellings
),

zips as (
    select
        tidy.street_address,
        tidy.second_street_address,
        tidy.city,
        tidy.state,
        tidy.zip,
        min(tidy.source_key collate "C") as source_key,
        sum(tidy.times) as times
    from tidy
    group by
        tidy.street_address,
        tidy.second_street_address,
        tidy.city,
        tidy.state,
        tidy.zip
)

select
    min(zips.source_key collate "C") as department_defined_reference_id,
    zips.street_address,
    zips.second_street_address,
    zips.city,
    (
        array_agg(
            zips.zip
            order by
                zips.times desc,
                zips.zip asc
        ) filter (where zips.zip is not null)
    )[1] as zip,
    zips.state,
    case
        when zips.street_address ~ '^[0-9]+(\*\*|XX) '
            then regexp_replace(zips.street_address, '^([0-9]+)(\*\*|XX) ', '\100 ')
        when zips.street_address ~ '^[0-9]{3,5} '
            then regexp_replace(zips.street_address, '^([0-9]{1,3})[0-9]{2} ', '\100 ')
    end as hundreds_block
from zips
group by
    zips.street_address,
    zips.second_street_address,
    zips.city,
    zips.state
order by min(zips.source_key collate "C");
