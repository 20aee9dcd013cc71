create table staging.officer_compliments (
    event_id int not null references staging.events_hub (event_id),
    officer_id int references staging.officers_hub (officer_id),
    event_datetime timestamp,
    compliment_id varchar(50),
    method_sent varchar(50),
    synopsis text
);

create index officer_compliments_event_id_idx on staging.officer_compliments (event_id);
create index officer_compliments_officer_id_idx on staging.officer_compliments (officer_id);
create index officer_compliments_compliment_id_idx on staging.officer_compliments (compliment_id);

comment on table staging.officer_compliments is 'Praise and awards, one row for each officer and compliment';
comment on column staging.officer_compliments.event_id is 'Event of the hub that this row describes';
comment on column staging.officer_compliments.officer_id is 'Officer who is praised, in officers_hub';
comment on column staging.officer_compliments.event_datetime
is 'When the event happened, local time; the same as in events_hub';
comment on column staging.officer_compliments.compliment_id
is 'The department''s own number of the compliment or award';
comment on column staging.officer_compliments.method_sent is 'How it came in: letter, call, award request';
comment on column staging.officer_compliments.synopsis is 'What the officer is praised for';
