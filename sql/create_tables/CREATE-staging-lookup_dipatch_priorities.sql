create table staging.lookup_dipatch_priorities (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_dipatch_priorities is 'Urgency of calls; the name is spelt as the schema has it';
comment on column staging.lookup_dipatch_priorities.code
is 'Number of the priority; dispatches.dispatch_original_priority_code and dispatch_final_priority_code refer to it';
comment on column staging.lookup_dipatch_priorities.value is 'Short name of the priority, unique here';
comment on column staging.lookup_dipatch_priorities.description is 'What the priority means, or when to use it';
