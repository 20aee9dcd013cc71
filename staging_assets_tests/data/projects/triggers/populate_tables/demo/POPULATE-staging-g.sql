insert into staging.g select id from etl.g;
