create table staging.officer_injury (
    event_id int not null references staging.events_hub (event_id),
    injury_type_code int references staging.lookup_injury_types (code),
    department_defined_injury_id varchar,
    injury_narrative text
);

create index officer_injury_event_id_idx on staging.officer_injury (event_id);

comment on table staging.officer_injury is 'Injuries of officers on duty';
comment on column staging.officer_injury.event_id is 'Event of the hub that this row describes';
comment on column staging.officer_injury.injury_type_code is 'What was hurt and how: lookup_injury_types';
comment on column staging.officer_injury.department_defined_injury_id
is 'The department''s own number of the injury report';
comment on column staging.officer_injury.injury_narrative is 'How it happened, free text';
