create table staging.block (id int, t text);
