create table staging.lookup_event_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_event_types is 'Kinds of events, one for each event table';
comment on column staging.lookup_event_types.code
is 'Number of the kind of event; events_hub.event_type_code refers to it';
comment on column staging.lookup_event_types.value is 'Short name of the kind of event, unique here';
comment on column staging.lookup_event_types.description is 'What the kind of event means, or when to use it';
