create table staging.a_standard (n bigint);
