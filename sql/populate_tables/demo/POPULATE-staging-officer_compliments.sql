-- One row per compliment. The event says which officer and when: a record that
-- events_hub left out is left out here, and nothing else.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Compliment'
)

insert into staging.officer_compliments (
    event_id,
    officer_id,
    event_datetime,
    compliment_id,
    method_sent,
    synopsis
)
select
    events.event_id,
    events.officer_id,
    events.event_datetime,
    records.compliment_no,
    case staging.normalise_text(records.method)
        when 'E-MAIL' then 'EMAIL'
        else staging.normalise_text(records.method)
    end,
    nullif(btrim(records.synopsis), '')
from etl.ia_compliments as records
inner join events on records.row_id = events.source_event_id
order by events.event_id;
