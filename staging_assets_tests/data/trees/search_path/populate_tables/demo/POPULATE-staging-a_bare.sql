set search_path = staging;
with arrests_of as (select * from arrests where id < 10)
insert into staging.a_bare select * from arrests_of;
