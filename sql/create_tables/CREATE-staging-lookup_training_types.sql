create table staging.lookup_training_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_training_types is 'Kinds of training; each department adds its own';
comment on column staging.lookup_training_types.code
is 'Number of the training; officer_trainings.training_type_code refers to it';
comment on column staging.lookup_training_types.value is 'Short name of the training, unique here';
comment on column staging.lookup_training_types.description is 'What the training means, or when to use it';
