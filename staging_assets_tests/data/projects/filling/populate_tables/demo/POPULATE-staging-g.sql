delete from staging.g;
insert into staging.g select 1;
