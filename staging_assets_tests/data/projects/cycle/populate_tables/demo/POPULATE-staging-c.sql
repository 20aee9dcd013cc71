insert into staging.c select id, id from staging.a;
