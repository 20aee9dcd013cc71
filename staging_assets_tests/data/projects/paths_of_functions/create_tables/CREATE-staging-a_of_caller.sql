create table staging.a_of_caller (n bigint);
