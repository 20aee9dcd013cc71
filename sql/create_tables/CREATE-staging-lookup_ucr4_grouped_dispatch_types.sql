create table staging.lookup_ucr4_grouped_dispatch_types (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_ucr4_grouped_dispatch_types
is 'Offences in the coarse groups that calls are sorted by too';
comment on column staging.lookup_ucr4_grouped_dispatch_types.code
is 'Number of the group; arrests.ucr4_grouped_code refers to it';
comment on column staging.lookup_ucr4_grouped_dispatch_types.value is 'Short name of the group, unique here';
comment on column staging.lookup_ucr4_grouped_dispatch_types.description is 'What the group means, or when to use it';
