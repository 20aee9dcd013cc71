create table staging.lookup_paygrades (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_paygrades is 'Pay grades';
comment on column staging.lookup_paygrades.code is 'Number of the grade; officer_roles.paygrade_code refers to it';
comment on column staging.lookup_paygrades.value is 'Short name of the grade, unique here';
comment on column staging.lookup_paygrades.description is 'What the grade means, or when to use it';
