create schema etl;
create table etl.dogs (id integer, name text, born text, race text);
insert into etl.dogs values (1, ' Rex', '2019-05-01', 'Poodle'), (2, 'Bello ', '2021-12-24', 'unknown'), (3, 'Ida', null, 'Beagle');
create table etl.walks (dog integer, at timestamp, minutes integer);
insert into etl.walks values (1, '2024-01-01 08:00', 20), (1, '2024-01-02 08:00', 90), (3, '2024-01-02 17:30', 45);
