insert into staging.a as staging (id, kind, n) values (1, 'x', 1), (2, 'y', 2)
on conflict (id) do update set n = staging.n + 1, kind = 'x'::staging.a_kind where staging.n > 0;
update staging.a staging set n = staging.n * 10 where staging.id = 2 and staging.kind = 'y'::staging.a_kind;
