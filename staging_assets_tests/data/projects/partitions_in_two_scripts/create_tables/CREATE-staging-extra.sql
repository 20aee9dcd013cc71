create table staging.extra (id integer, at date);
