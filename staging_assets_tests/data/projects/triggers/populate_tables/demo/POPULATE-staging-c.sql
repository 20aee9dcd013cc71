insert into staging.c select id from etl.c;
