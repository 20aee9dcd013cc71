create table staging.fares (id integer, at date) partition by range (at);
alter table staging.fares attach partition staging.fares_2024 for values from ('2024-01-01') to ('2025-01-01');
