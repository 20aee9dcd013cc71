insert into staging.conflict (id) select n % 10 from generate_series(1, 100) n
on conflict (id) do nothing;
insert into staging.conflict (id, hub_c) select n, n from generate_series(5, 15) n
on conflict (id) do update set n = staging.conflict.n + 1, hub_c = excluded.hub_c;
