create table staging.lookup_arrest_status (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_arrest_status is 'Where the case of an arrest stands';
comment on column staging.lookup_arrest_status.code is 'Number of the status; arrests.arrest_status_code refers to it';
comment on column staging.lookup_arrest_status.value is 'Short name of the status, unique here';
comment on column staging.lookup_arrest_status.description is 'What the status means, or when to use it';
