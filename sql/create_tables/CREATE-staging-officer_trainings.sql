create table staging.officer_trainings (
    training_id int primary key,
    officer_id int not null references staging.officers_hub (officer_id),
    training_type_code int references staging.lookup_training_types (code),
    start_date timestamp,
    completion_date timestamp,
    score int,
    pass_fail_flag boolean,
    precipitated_by_event_id int references staging.events_hub (event_id)
);

create index officer_trainings_officer_id_idx on staging.officer_trainings (officer_id);
create index officer_trainings_precipitated_by_event_id_idx on staging.officer_trainings (precipitated_by_event_id);

comment on table staging.officer_trainings is 'Trainings that officers attended';
comment on column staging.officer_trainings.training_id is 'Number of one officer''s attendance at one training';
comment on column staging.officer_trainings.officer_id is 'Officer trained, in officers_hub';
comment on column staging.officer_trainings.training_type_code is 'Kind of training: lookup_training_types';
comment on column staging.officer_trainings.start_date is 'When the training began';
comment on column staging.officer_trainings.completion_date is 'When the training ended; null when it was not finished';
comment on column staging.officer_trainings.score is 'Points out of 100';
comment on column staging.officer_trainings.pass_fail_flag is 'True for passed';
comment on column staging.officer_trainings.precipitated_by_event_id
is 'Event that made the training necessary, in events_hub';
