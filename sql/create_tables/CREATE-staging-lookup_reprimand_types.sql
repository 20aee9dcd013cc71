create table staging.lookup_reprimand_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_reprimand_types is 'Forms of reprimand';
comment on column staging.lookup_reprimand_types.code
is 'Number of the form; incidents and internal_affairs_investigations refer to it';
comment on column staging.lookup_reprimand_types.value is 'Short name of the form, unique here';
comment on column staging.lookup_reprimand_types.description is 'What the form means, or when to use it';
