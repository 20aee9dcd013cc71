-- Awards that officers got, one row for each officer and award.
--
-- Sources: staging.events_hub, which says which rows of etl.awards count and whose they are (FINAL, one
-- officer known, each award once), and etl.awards for what they say.

insert into staging.officer_compliments (
    event_id,
    officer_id,
    event_datetime,
    compliment_id,
    method_sent,
    synopsis
)
select
    events_hub.event_id,
    events_hub.officer_id,
    events_hub.event_datetime,
    awards.award_id as compliment_id,
    case btrim(awards.award_type)
        when 'COMPLIMENTARY LETTER'
            then 'letter'
        else 'award request'
    end as method_sent,
    btrim(awards.award_type) as synopsis
from staging.events_hub
inner join staging.lookup_event_types
    on events_hub.event_type_code = lookup_event_types.code
inner join etl.awards
    on events_hub.source_event_id = awards.row_id::int
where lookup_event_types.value = 'Compliment'
order by events_hub.event_id;
