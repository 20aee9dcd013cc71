insert into staging.filled (id, n, kind)
select staging.id, staging.twice(staging.n) + staging.plus(1), staging.kind::text::staging.a_kind
from staging.a staging
left join lateral (select staging.id as again) other on other.again = staging.id
order by staging.id;
delete from staging.filled as staging using staging.a b where staging.id = b.id and b.id = 2;
