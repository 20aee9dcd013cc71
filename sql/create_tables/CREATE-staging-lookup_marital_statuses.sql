create table staging.lookup_marital_statuses (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_marital_statuses is 'Marital statuses';
comment on column staging.lookup_marital_statuses.code
is 'Number of the status; officer_marital.marital_status_code refers to it';
comment on column staging.lookup_marital_statuses.value is 'Short name of the status, unique here';
comment on column staging.lookup_marital_statuses.description is 'What the status means, or when to use it';
