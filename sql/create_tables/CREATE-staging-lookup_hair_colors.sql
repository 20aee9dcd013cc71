create table staging.lookup_hair_colors (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_hair_colors is 'Hair colours of the National Crime Information Center';
comment on column staging.lookup_hair_colors.code is 'Number of the colour; every hair colour column refers to it';
comment on column staging.lookup_hair_colors.value is 'Short name of the colour, unique here';
comment on column staging.lookup_hair_colors.description is 'What the colour means, or when to use it';
