/* one /* two */
create table staging.c (id int);
