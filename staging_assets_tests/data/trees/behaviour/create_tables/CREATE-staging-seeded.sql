create table staging.seeded (id serial primary key, t text);
insert into staging.seeded (t) values ('seed');
