create table staging.lookup_races (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_races is 'Races as records hold them';
comment on column staging.lookup_races.code is 'Number of the race; every race column refers to it';
comment on column staging.lookup_races.value is 'Short name of the race, unique here';
comment on column staging.lookup_races.description is 'What the race means, or when to use it';
