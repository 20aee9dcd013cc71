create table staging."" (id int);
