insert into staging.y (id)
select 1;
