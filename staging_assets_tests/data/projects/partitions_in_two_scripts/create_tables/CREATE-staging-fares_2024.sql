create table staging.fares_2024 (id integer, at date);
