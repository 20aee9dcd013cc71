create table staging.merged (id int primary key, n int);
