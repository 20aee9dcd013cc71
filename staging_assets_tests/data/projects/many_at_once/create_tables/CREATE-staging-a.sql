create table staging.b (id int);
commit;
