create type staging.a_kind as enum ('x', 'y');
create table staging.a (id int primary key, kind staging.a_kind, n int check (n > 0));
create index on staging.a ((id + 1)) where kind = 'x'::staging.a_kind;
