insert into staging.m select 1;
