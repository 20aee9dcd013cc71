create table staging.d (id int);
