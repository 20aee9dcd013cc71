create table staging.a_walk (id int, n int);
