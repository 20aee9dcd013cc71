create table staging.a_reset (n bigint);
