insert into staging.child (a, b, c, parent)
select n, 'b' || n, n, nullif(n - 1, 0) from generate_series(1, 100) n order by n;
