insert into staging.lookup_a values (1, 'one');
