insert into staging.c (id, at) select pg_relation_size('staging.a'), 'staging.c';
