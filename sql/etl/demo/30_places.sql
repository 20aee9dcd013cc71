-- Places: addresses, areas, units, census areas, landmarks, and the weather.

-- One address in forty is there twice, one in thirty has no position, some have a bad zip.
create table etl.gis_addresses as
with places as (
    select
        a,
        0 as again
    from generate_series(1, etl.sized(20000)) as a
    union all
    select
        a,
        1
    from generate_series(1, etl.sized(20000)) as a
    where etl.roll(a, 100, 40) = 0
)

select
    a + (select etl.sized(20000)) * again as row_id,
    'A' || a as address_ref,
    etl.smudge(a * 2 + again, 101, (1 + etl.roll(a, 101, 9900)) || ' ' || etl.pick(
        a, 102, '{N,S,E,W,""}'
    ) || ' ' || etl.pick(
        a,
        103,
        '{Main St,1st St,2nd Ave,Washington Blvd,MLK Dr,Park Ave,Oak St,River Rd,'
        'State St,Pine Ct}'
    )) as street,
    etl.pick(a, 104, '{"","","","",Apt 2,#14,UNIT B,Suite 300}') as second_line,
    etl.pick(a, 105, '{Springfield,SPRINGFIELD,springfield ,Springfeild,Shelbyville,""}') as city,
    etl.pick(a, 106, '{IL,il,Illinois,IL,""}') as state,
    case
        when etl.roll(a, 107, 25) = 0 then 'unknown'
        when etl.roll(a, 107, 25) < 6 then (62701 + etl.roll(a, 108, 9)) || '-' || (1000 + etl.roll(a, 109, 9000))
        else (62701 + etl.roll(a, 108, 9))::text
    end as zip,
    case
        when etl.roll(a, 110, 30) = 0 then '0'
        else round(39.7 + etl.roll(a, 111, 20000) / 100000.0, 5)::text
    end as latitude,
    case
        when etl.roll(a, 110, 30) = 0 then '0'
        else round(-89.7 + etl.roll(a, 112, 20000) / 100000.0, 5)::text
    end as longitude,
    (1 + etl.roll(a, 113, 40))::text as beat,
    '17167' || lpad((1 + etl.roll(a, 114, 60))::text, 6, '0') as tract,
    timestamp '2018-06-01 00:00:00' + make_interval(days => again) as updated_at
from places;

-- Divisions (level 1), districts (2) and beats (3), as boxes on the map.
create table etl.gis_areas as
select
    'DIV' || d as area_ref,
    null::text as parent_ref,
    'division' as area_level,
    (array['Central', 'North', 'South', 'West'])[d] as area_name,
    39.7 + (d - 1) * 0.05 as south,
    -89.7 as west,
    39.7 + d * 0.05 as north,
    -89.5 as east
from generate_series(1, 4) as d
union all
select
    'DST' || d,
    'DIV' || (1 + (d - 1) / 2),
    'District',
    'District ' || d,
    39.7 + (d - 1) * 0.025,
    -89.7,
    39.7 + d * 0.025,
    -89.5
from generate_series(1, 8) as d
union all
select
    'BT' || b,
    'DST' || (1 + (b - 1) / 5),
    'BEAT',
    'Beat ' || b,
    39.7 + ((b - 1) / 5) * 0.025,
    -89.7 + ((b - 1) % 5) * 0.04,
    39.7 + ((b - 1) / 5 + 1) * 0.025,
    -89.7 + ((b - 1) % 5 + 1) * 0.04
from generate_series(1, 40) as b;

-- Units of the organisation, each below a bureau.
create table etl.org_units as
select
    b as unit_no,
    null::int as parent_no,
    'Bureau' as unit_level,
    (array['Patrol Bureau', 'Investigations Bureau', 'Support Bureau'])[b] as unit_name
from generate_series(1, 3) as b
union all
select
    10 + u,
    1 + u % 3,
    'Unit',
    case u
        when 9 then 'CENTRAL DIV.'
        when 10 then 'North Division'
        when 11 then 'Traffic'
        when 12 then 'Traffic Unit'
        else 'Unit ' || lpad(u::text, 3, '0')
    end
from generate_series(1, 12) as u;

-- What the census says of each tract, one row a year.
create table etl.census_tracts as
select
    '17167' || lpad(t::text, 6, '0') as tract,
    y as survey_year,
    t as tract_no,
    1 + (t - 1) / 8 as district_no,
    2000 + etl.roll(t, 120, 4000) as population,
    25000 + etl.roll(t * 3 + y, 121, 70000) as median_income,
    etl.roll(t * 3 + y, 122, 180) / 10.0 as unemployment_percent,
    28 + etl.roll(t, 123, 200) / 10.0 as median_age,
    30 + etl.roll(t, 124, 50) as percent_white,
    etl.roll(t, 125, 20) as percent_hispanic,
    40 + etl.roll(t, 126, 20) as percent_male
from generate_series(1, 60) as t
cross join generate_series(2016, 2018) as y;

create table etl.gis_landmarks as
select
    l as landmark_no,
    etl.pick(
        l,
        130,
        '{School,SCHOOL,Hospital,Park,Liquor Store,bar,Church,Bank,Transit Stop,'
        'Police Station}'
    ) as kind,
    39.7 + etl.roll(l, 131, 20000) / 100000.0 as latitude,
    -89.7 + etl.roll(l, 132, 20000) / 100000.0 as longitude,
    'A' || (1 + etl.roll(l, 133, (select etl.sized(20000)))) as address_ref
from generate_series(1, 250) as l;

-- Hourly reports of one station; one in sixty has M for missing, some hours are sent twice.
create table etl.weather_reports as
with hours as (
    select
        h,
        again
    from generate_series(0, 17519) as h
    cross join generate_series(0, 1) as again
    where
        again = 0
        or h % 500 = 7
)

select
    h * 2 + again as row_id,
    to_char(timestamp '2017-01-01 00:51:00' + make_interval(hours => h), 'YYYYMMDDHH24MISS') as observed_at,
    case
        when etl.roll(h, 140, 60) = 0 then 'M'
        else (50 + 30 * sin((h / 24.0 - 100) * 0.0172) + etl.roll(h, 141, 100) / 10.0)::numeric(5, 1)::text
    end as temperature_f,
    etl.pick(h, 142, '{CLR,FEW,SCT,BKN,OVC,OVC,CLR,M}') as sky,
    case etl.roll(h, 143, 10)
        when 0 then round(etl.roll(h, 144, 50) / 100.0, 2)::text
        when 1 then 'T'
        else '0.00'
    end as rain_one_hour,
    round(etl.roll(h, 145, 250) / 10.0, 1)::text as wind_mph,
    '93822' as station
from hours;
