create table staging.a_altered (n bigint);
