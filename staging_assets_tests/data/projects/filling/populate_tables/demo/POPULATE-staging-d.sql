insert into staging.d select id from etl.d where id not in (select id from staging.d);
