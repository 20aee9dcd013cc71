create table staging.lookup_dispatch_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_dispatch_types is 'Kinds of calls';
comment on column staging.lookup_dispatch_types.code
is 'Number of the kind of call; dispatches.dispatch_original_type_code and dispatch_final_type_code refer to it';
comment on column staging.lookup_dispatch_types.value is 'Short name of the kind of call, unique here';
comment on column staging.lookup_dispatch_types.description is 'What the kind of call means, or when to use it';
