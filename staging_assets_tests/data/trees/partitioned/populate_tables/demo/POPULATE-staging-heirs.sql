insert into staging.heirs select n, 'x' from generate_series(1, 10) n;
