insert into staging.fares (id, at, zone)
values (1, '2024-05-05', 'a'), (2, '2025-05-05', 'a'), (3, '2030-01-01', 'b');
insert into staging.fares_2024 (id, at, zone) values (4, '2024-12-31', 'c');
