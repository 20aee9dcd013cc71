create table staging.lookup_cars (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_cars is 'Kinds of police vehicles';
comment on column staging.lookup_cars.code is 'Number of the vehicle; officer_shifts.car_code refers to it';
comment on column staging.lookup_cars.value is 'Short name of the vehicle, unique here';
comment on column staging.lookup_cars.description is 'What the vehicle means, or when to use it';
