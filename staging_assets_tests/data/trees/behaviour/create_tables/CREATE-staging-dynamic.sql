create table staging.dynamic (id int primary key, t text);
