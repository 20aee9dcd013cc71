insert into staging.said (n, said) values
(1, public.count_rows('staging.hosts', 'staging.data')),
(2, staging.rows_of('staging.hosts')),
(3, staging.rows_of('staging.hosts', 'staging.data')),
(4, staging.greet('staging.hosts')),
(5, public.relation_kind('staging.hosts')::text),
(6, public.count_through('staging.hosts')),
(7, public.shout('staging.hosts')),
(8, (select count(*) from pg_tables where schemaname = 'staging' and tablename = 'hosts')::text),
(9, (pg_relation_size('staging.hosts') > 0)::text),
(10, format('%s and %L', 'staging.data', 'staging.hosts')),
(11, staging.rows_of(label => 'staging.hosts', relation => 'staging.hosts'));
