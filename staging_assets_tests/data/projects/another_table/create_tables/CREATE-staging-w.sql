create table etl.w (id int);
