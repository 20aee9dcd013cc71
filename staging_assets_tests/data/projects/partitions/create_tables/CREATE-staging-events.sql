create type staging.kind as enum ('a', 'b');
create table staging.events (
    id int generated always as identity,
    at date,
    kind staging.kind
) partition by range (at);
create table staging.events_2020 partition of staging.events for values from ('2020-01-01') to ('2021-01-01');
create sequence staging.ticket;
