create table staging.lookup_ranks (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_ranks is 'Ranks, lowest first';
comment on column staging.lookup_ranks.code is 'Number of the rank; officer_roles.rank_code refers to it';
comment on column staging.lookup_ranks.value is 'Short name of the rank, unique here';
comment on column staging.lookup_ranks.description is 'What the rank means, or when to use it';
