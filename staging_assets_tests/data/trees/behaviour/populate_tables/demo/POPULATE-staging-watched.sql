insert into staging.watched (id) select n from generate_series(1, 10) n;
update staging.watched set stamped = stamped || '!' where id > 5;
delete from staging.watched where id < 3;
