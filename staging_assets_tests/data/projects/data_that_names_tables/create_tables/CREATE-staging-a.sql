create table staging.a (id int, label text default 'staging.b');
