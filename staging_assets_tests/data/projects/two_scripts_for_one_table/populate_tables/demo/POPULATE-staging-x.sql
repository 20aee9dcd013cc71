insert into staging.x (id) select 1;
