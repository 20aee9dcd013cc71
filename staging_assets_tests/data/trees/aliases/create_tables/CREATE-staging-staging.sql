create table staging.staging (id int check (staging.id > 0), kind staging.a_kind);
