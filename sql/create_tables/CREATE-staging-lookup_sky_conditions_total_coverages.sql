create table staging.lookup_sky_conditions_total_coverages (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_sky_conditions_total_coverages is 'Cloud cover in eighths of the sky';
comment on column staging.lookup_sky_conditions_total_coverages.code
is 'Number of the cover; weather.sky_conditions_total_coverage_code (as a decimal number) refers to it';
comment on column staging.lookup_sky_conditions_total_coverages.value is 'Short name of the cover, unique here';
comment on column staging.lookup_sky_conditions_total_coverages.description
is 'What the cover means, or when to use it';
