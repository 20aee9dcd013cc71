create table staging.a_by_caller (total bigint, sources bigint);
