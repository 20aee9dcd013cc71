insert into staging.people (name, born, code, year)
select name, staging.to_day(born), code, 1950 + code from etl.people order by name;
insert into staging.people (id, other_id, name) values (5000, 5001, 'by hand');
insert into staging.people (third_id, name) overriding system value values (9999, 'forced');
update staging.people set note = 'x' where code = 3;
delete from staging.people where code = 4;
select setval('staging.people_id_seq', 6000);
select setval('staging.people_free', 777, false);
