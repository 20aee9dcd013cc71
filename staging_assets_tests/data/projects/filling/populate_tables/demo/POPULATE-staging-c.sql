truncate staging.c;
insert into staging.c select 1;
select setval('staging.c_seq', (select max(id) from staging.c));
analyze staging.c;
