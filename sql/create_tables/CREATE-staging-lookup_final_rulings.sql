create table staging.lookup_final_rulings (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_final_rulings is 'Findings of investigations';
comment on column staging.lookup_final_rulings.code
is 'Number of the finding; incidents and internal_affairs_investigations refer to it';
comment on column staging.lookup_final_rulings.value is 'Short name of the finding, unique here';
comment on column staging.lookup_final_rulings.description is 'What the finding means, or when to use it';
