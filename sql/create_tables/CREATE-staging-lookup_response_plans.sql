create table staging.lookup_response_plans (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_response_plans is 'Which units a call gets';
comment on column staging.lookup_response_plans.code
is 'Number of the plan; dispatches.response_plan_code refers to it';
comment on column staging.lookup_response_plans.value is 'Short name of the plan, unique here';
comment on column staging.lookup_response_plans.description is 'What the plan means, or when to use it';
