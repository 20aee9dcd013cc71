create table staging.c (id int references etl.referenced (id));
create table staging.c_1 (like staging.z) inherits (staging.c);
