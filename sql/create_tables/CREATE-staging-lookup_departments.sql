create table staging.lookup_departments (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_departments is 'Parts of a police department';
comment on column staging.lookup_departments.code
is 'Number of the part; organization_chart.department_code refers to it';
comment on column staging.lookup_departments.value is 'Short name of the part, unique here';
comment on column staging.lookup_departments.description is 'What the part means, or when to use it';
