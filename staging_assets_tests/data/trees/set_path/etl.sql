create schema etl;
create table etl.readings (id int, station int);
insert into etl.readings values (1, 1), (2, 1);
