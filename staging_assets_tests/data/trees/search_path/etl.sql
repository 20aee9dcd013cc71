create schema etl;
create table etl.bookings (id int primary key, place text);
insert into etl.bookings select n, 'p' || n % 3 from generate_series(1, 20) n;
