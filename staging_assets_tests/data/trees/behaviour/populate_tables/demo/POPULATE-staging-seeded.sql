insert into staging.seeded (t) select 'more' from generate_series(1, 2);
