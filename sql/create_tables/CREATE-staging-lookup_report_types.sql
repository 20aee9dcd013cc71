create table staging.lookup_report_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_report_types is 'Kinds of written reports';
comment on column staging.lookup_report_types.code
is 'Number of the kind of report; reports.report_type_code refers to it';
comment on column staging.lookup_report_types.value is 'Short name of the kind of report, unique here';
comment on column staging.lookup_report_types.description is 'What the kind of report means, or when to use it';
