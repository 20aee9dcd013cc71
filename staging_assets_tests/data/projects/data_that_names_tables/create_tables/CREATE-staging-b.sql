create table staging.b (id int, label text check (label <> 'staging.a'));
