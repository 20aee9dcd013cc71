create view staging.codes as
select staging.code, cast(staging.n as numeric(4, 1)) as n, (select max(a.kind) from staging.a) as most
from (values ('A', 1), ('B', 2)) as staging (code, n);
