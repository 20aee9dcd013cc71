insert into staging.events (day, kind)
select date '2022-06-01' + n, case when n % 3 = 0 then 'new' else 'old' end
from generate_series(1, 1000) n order by n;
