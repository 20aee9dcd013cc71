create table staging.lookup_eye_colors (
    code int primary key,
    value varchar not null,
    description varchar
);

comment on table staging.lookup_eye_colors is 'Eye colours of the National Crime Information Center';
comment on column staging.lookup_eye_colors.code is 'Number of the colour; every eye colour column refers to it';
comment on column staging.lookup_eye_colors.value is 'Short name of the colour, unique here';
comment on column staging.lookup_eye_colors.description is 'What the colour means, or when to use it';
