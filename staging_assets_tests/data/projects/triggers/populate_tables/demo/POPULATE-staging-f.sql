insert into staging.f select id from etl.f;
