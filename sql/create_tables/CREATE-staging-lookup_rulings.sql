create table staging.lookup_rulings (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_rulings is 'Rulings of a court on a charge';
comment on column staging.lookup_rulings.code is 'Number of the ruling; charges.ruling_code refers to it';
comment on column staging.lookup_rulings.value is 'Short name of the ruling, unique here';
comment on column staging.lookup_rulings.description is 'What the ruling means, or when to use it';
