create temp table scratch as select id from etl.i;
insert into staging.i select id from scratch;
