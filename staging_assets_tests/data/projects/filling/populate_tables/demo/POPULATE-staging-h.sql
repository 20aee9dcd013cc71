create table staging.h_scratch as select 1 as id;
insert into staging.h select id from staging.h_scratch;
drop table staging.h_scratch;
