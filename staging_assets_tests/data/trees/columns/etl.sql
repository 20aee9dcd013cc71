create schema etl;
create table etl.people (name text, born text, code int);
insert into etl.people
select 'Name ' || n, case when n % 7 = 0 then null else '19' || lpad((n % 80 + 10)::text, 2, '0') || '-01-02' end, n % 5
from generate_series(1, 200) n;
