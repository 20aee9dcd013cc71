insert into staging.a select staging.ping();
