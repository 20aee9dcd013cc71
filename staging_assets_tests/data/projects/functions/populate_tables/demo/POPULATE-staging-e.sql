insert into staging.e select id from etl.e;
