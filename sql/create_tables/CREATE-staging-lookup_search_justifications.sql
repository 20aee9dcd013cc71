create table staging.lookup_search_justifications (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_search_justifications is 'Grounds for a search';
comment on column staging.lookup_search_justifications.code
is 'Number of the ground; field_interviews and traffic_stops refer to it';
comment on column staging.lookup_search_justifications.value is 'Short name of the ground, unique here';
comment on column staging.lookup_search_justifications.description is 'What the ground means, or when to use it';
