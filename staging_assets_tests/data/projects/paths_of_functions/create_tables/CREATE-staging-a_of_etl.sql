create table staging.a_of_etl (n bigint);
