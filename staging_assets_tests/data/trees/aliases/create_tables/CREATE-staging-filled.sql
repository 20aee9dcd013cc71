create table staging.filled (id int primary key, n int, kind staging.a_kind);
