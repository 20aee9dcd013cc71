insert into staging.b select id, 'staging.a' from staging.a where label <> 'staging.c';
