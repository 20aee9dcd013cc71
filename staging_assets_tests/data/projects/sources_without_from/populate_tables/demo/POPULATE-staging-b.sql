insert into staging.b table etl.whole;
