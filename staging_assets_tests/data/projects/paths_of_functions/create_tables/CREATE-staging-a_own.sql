create table staging.a_own (n bigint);
