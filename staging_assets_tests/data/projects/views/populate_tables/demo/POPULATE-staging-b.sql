insert into staging.b select id from staging.seen;
