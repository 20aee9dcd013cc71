create table staging.lookup_days_of_week (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_days_of_week is 'Days of the week, numbered as extract(isodow) does';
comment on column staging.lookup_days_of_week.code is 'Number of the day; arrests.arrest_day_of_week refers to it';
comment on column staging.lookup_days_of_week.value is 'Short name of the day, unique here';
comment on column staging.lookup_days_of_week.description is 'What the day means, or when to use it';
