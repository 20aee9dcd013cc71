insert into staging.fares select n, date '2024-06-01' + n, n from generate_series(1, 400) as n;
