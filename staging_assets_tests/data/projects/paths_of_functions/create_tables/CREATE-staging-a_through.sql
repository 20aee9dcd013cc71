create table staging.a_through (n bigint);
