create table staging.lookup_complaint_origins (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_complaint_origins is 'Where complaints come from';
comment on column staging.lookup_complaint_origins.code
is 'Number of the origin; complaints.complaint_origin_code refers to it';
comment on column staging.lookup_complaint_origins.value is 'Short name of the origin, unique here';
comment on column staging.lookup_complaint_origins.description is 'What the origin means, or when to use it';
