create table staging.lookup_intervention_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_intervention_types is 'What a department does about an officer after an investigation';
comment on column staging.lookup_intervention_types.code
is 'Number of the intervention; incidents and internal_affairs_investigations refer to it';
comment on column staging.lookup_intervention_types.value is 'Short name of the intervention, unique here';
comment on column staging.lookup_intervention_types.description is 'What the intervention means, or when to use it';
