create table staging.c (id int, relation regclass default 'staging.b', at text);
