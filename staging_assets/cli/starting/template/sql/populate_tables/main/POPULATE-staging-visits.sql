-- With a source of your own this reads `from etl.visits`; until then, three rows stand here.
insert into staging.visits (visit_id, visited_on, minutes, outcome_code)
select
    visit.id,
    staging.to_day(visit.day),
    nullif(visit.minutes, '')::int,
    coalesce(outcome.code, 9)
from (
    values
    (1, '03.02.2025', '45', 'done'),
    (2, '04.02.2025', '', 'postponed'),
    (3, '04.02.2025', '15', 'not written down')
) as visit (id, day, minutes, outcome)
left join staging.lookup_outcomes as outcome on outcome.value = visit.outcome;
