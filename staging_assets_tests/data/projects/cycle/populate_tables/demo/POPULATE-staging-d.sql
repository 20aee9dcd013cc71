insert into staging.d select id from staging.a;
