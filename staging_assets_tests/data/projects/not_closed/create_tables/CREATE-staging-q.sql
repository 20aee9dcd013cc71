create table staging."q (id int);
