create table staging.a_of_both (n bigint);
