create table etl.h_scratch as select id from etl.h;
insert into staging.h select id from etl.h_scratch;
drop table etl.h_scratch;
