insert into staging.merged select n, 0 from generate_series(1, 5) n;
merge into staging.merged m using (select n from generate_series(4, 8) n) s on m.id = s.n
when matched then update set n = 1 when not matched then insert values (s.n, 2);
