create table staging.z (id int);
