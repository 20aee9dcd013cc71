-- One row per station and hour. Left out, and counted in row_accounting: reports that were sent
-- again (the first stays). M is missing; T, a trace of rain, is 0.
with sky_codes as (
    select
        book.spelling,
        coverages.code
    from etl.code_book as book
    inner join staging.lookup_sky_conditions_total_coverages as coverages on book.value = coverages.value
    where book.code_list = 'sky_conditions_total_coverages'
),

reports as (
    select distinct on (station, observed_at)
        row_id,
        staging.parse_timestamp(observed_at) as observed_at,
        case
            when temperature_f ~ '^-?[0-9]{1,3}(\.[0-9]+)?$'
                then temperature_f::double precision
        end as temperature_f,
        staging.normalise_text(sky) as sky,
        case
            when rain_one_hour = 'T' then 0
            when rain_one_hour ~ '^[0-9]{1,2}(\.[0-9]+)?$' then rain_one_hour::double precision
        end as rain_one_hour,
        case
            when wind_mph ~ '^[0-9]{1,3}(\.[0-9]+)?$'
                then wind_mph::double precision
        end as wind_mph,
        staging.parse_integer(station) as station
    from etl.weather_reports
    order by
        station,
        observed_at,
        row_id
)

insert into staging.weather (
    record_datetime,
    temperature_in_f,
    sky_conditions_total_coverage_code,
    liquid_precipitation_inches_one_hour,
    liquid_precipitation_inches_six_hours,
    wind_speed_mph,
    station_number,
    latitude,
    longitude
)
select
    reports.observed_at,
    reports.temperature_f,
    sky_codes.code,
    reports.rain_one_hour,
    sum(reports.rain_one_hour) over (
        partition by reports.station
        order by reports.observed_at
        range between interval '5 hours' preceding and current row
    ),
    reports.wind_mph,
    reports.station,
    39.85,
    -89.68
from reports
left join sky_codes on reports.sky = sky_codes.spelling
order by
    reports.station,
    reports.observed_at;
