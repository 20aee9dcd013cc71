create table staging.lookup_incident_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_incident_types
is 'Kinds of misconduct and other incidents, in groups that hold for every department';
comment on column staging.lookup_incident_types.code
is 'Number of the kind of incident; incidents and internal_affairs_investigations refer to it';
comment on column staging.lookup_incident_types.value is 'Short name of the kind of incident, unique here';
comment on column staging.lookup_incident_types.description is 'What the kind of incident means, or when to use it';
