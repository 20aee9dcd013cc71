insert into staging.unlogged select n, repeat('x', n) from generate_series(1, 50) n;
