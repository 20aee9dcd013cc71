create unlogged table staging.unlogged (id int primary key, t text) with (fillfactor = 50);
