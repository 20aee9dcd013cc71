create table staging.lookup_rules_violated (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_rules_violated is 'Rules of conduct; each department adds its own';
comment on column staging.lookup_rules_violated.code
is 'Number of the rule; internal_affairs_investigations.rule_violated_code refers to it';
comment on column staging.lookup_rules_violated.value is 'Short name of the rule, unique here';
comment on column staging.lookup_rules_violated.description is 'What the rule means, or when to use it';
