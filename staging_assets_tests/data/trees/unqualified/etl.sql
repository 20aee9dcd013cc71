create schema etl;
create table etl.readings (id int, station int, mood text, at timestamp);
insert into etl.readings values (1, 1, 'sad', '2024-01-01'), (2, 1, 'happy', '2024-01-02'), (3, 2, null, null);
create function etl.half(integer) returns numeric language sql as 'select $1 / 2.0';
