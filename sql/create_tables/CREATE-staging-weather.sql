create table staging.weather (
    record_datetime timestamp,
    temperature_in_f double precision,
    sky_conditions_total_coverage_code double precision,
    liquid_precipitation_inches_one_hour double precision,
    liquid_precipitation_inches_six_hours double precision,
    wind_speed_mph double precision,
    station_number int,
    latitude double precision,
    longitude double precision,
    primary key (station_number, record_datetime)
);

comment on table staging.weather is 'Hourly observations of weather stations';
comment on column staging.weather.record_datetime is 'Hour of the observation, local time';
comment on column staging.weather.temperature_in_f is 'Air temperature in degrees Fahrenheit';
comment on column staging.weather.sky_conditions_total_coverage_code
is 'Cloud cover: lookup_sky_conditions_total_coverages.code, written as a decimal number';
comment on column staging.weather.liquid_precipitation_inches_one_hour is 'Rain of the last hour in inches';
comment on column staging.weather.liquid_precipitation_inches_six_hours is 'Rain of the last six hours in inches';
comment on column staging.weather.wind_speed_mph is 'Wind in miles an hour';
comment on column staging.weather.station_number is 'Number of the weather station';
comment on column staging.weather.latitude is 'Degrees north, WGS 84';
comment on column staging.weather.longitude is 'Degrees east, WGS 84; negative in the Americas';
