create table staging.filled (id serial primary key, t text);
