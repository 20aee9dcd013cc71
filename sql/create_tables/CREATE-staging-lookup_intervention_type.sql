create table staging.lookup_intervention_type (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_intervention_type is 'What supervisors do about an early-intervention alert';
comment on column staging.lookup_intervention_type.code
is 'Number of the intervention; department_eis_alerts.intervention_type refers to it';
comment on column staging.lookup_intervention_type.value is 'Short name of the intervention, unique here';
comment on column staging.lookup_intervention_type.description is 'What the intervention means, or when to use it';
