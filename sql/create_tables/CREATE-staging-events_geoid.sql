create table staging.events_geoid (
    event_id bigint references staging.events_hub (event_id),
    geoid varchar,
    primary key (event_id, geoid)
);

comment on table staging.events_geoid is 'Census block of each event';
comment on column staging.events_geoid.event_id is 'Event of the hub that this row describes';
comment on column staging.events_geoid.geoid
is 'Census block in which the event happened, FIPS code with leading zeros';
