insert into staging.b select id from etl.b;
