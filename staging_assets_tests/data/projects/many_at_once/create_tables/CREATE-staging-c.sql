create table staging.c ('
