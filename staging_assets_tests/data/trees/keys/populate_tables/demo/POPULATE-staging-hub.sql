insert into staging.hub
select n, 'b' || n, n, int4range(n * 10, n * 10 + 5) from generate_series(1, 100) n;
