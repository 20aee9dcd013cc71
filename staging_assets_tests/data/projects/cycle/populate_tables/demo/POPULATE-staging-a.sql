insert into staging.a
select id from staging.b;
