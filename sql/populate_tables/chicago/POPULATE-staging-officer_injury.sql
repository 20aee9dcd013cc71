-- Officers injured while they used force.
--
-- Source: etl.trr_officers, the rows with injured = Yes. Left out: the others.
-- What was hurt is not in the delivery: injury_type_code is 0, Unknown.

insert into staging.officer_injury (
    event_id,
    injury_type_code,
    department_defined_injury_id
)
select
    events_hub.event_id,
    0 as injury_type_code,
    trr_officers.trr_id as department_defined_injury_id
from etl.trr_officers
inner join staging.events_hub
    on md5('trr_main/' || trr_officers.trr_id)::uuid = events_hub.department_source_id_hashed
where trr_officers.injured = 'Yes'
order by events_hub.event_id;
