insert into staging.a select id from etl.a;
