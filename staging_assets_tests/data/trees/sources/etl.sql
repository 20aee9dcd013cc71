create schema etl;
create type etl.mood as enum ('sad', 'happy');
create table etl.bookings (id int primary key, place text default 'x', mood etl.mood);
insert into etl.bookings select n, 'p' || n % 3, (enum_range(null::etl.mood))[1 + n % 2] from generate_series(1, 20) n;
create type etl.person as (id int, name text);
