insert into staging."Mixed Case" ("select", "Ünïcode") select n, 'ü' || n from generate_series(1, 5) n;
