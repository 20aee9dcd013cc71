insert into staging.e select 1;
insert into staging.a select 2;
