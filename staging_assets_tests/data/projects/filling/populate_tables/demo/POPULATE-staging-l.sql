insert into staging.l select 1;
alter table staging.l add column extra int;
