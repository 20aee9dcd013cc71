create table log (n integer);
