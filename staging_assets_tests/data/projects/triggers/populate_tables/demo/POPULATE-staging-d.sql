insert into staging.d select id from etl.d;
