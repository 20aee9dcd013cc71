insert into staging.b select 1;
update staging.b set id = 2;
