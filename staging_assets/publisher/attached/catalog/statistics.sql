-- What the planner was told by hand.

-- carry statistics: Which extended statistics are not the script's?
select 7, format('statistics %I', part.name), pg_get_statisticsobjdef(part.oid)
from part
where part.noun = 'statistics' and not part.new and not exists (
    select from part n
    where n.new and n.noun = 'statistics' and n.name = part.name and n.place = part.place
)
