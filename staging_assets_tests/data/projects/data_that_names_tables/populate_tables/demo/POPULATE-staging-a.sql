insert into staging.a values (1, 'staging.b'), (2, 'staging.c');
