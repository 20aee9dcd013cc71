-- Every complaint, use-of-force report and award, one event for each officer who has a part in it.
--
-- Sources and rows out:
--   etl.complaint_accused  one event for each accused officer of a complaint
--   etl.complaints         one event, without officer, for a complaint that accuses nobody known
--                          (the accused ones are there by their accusations)
--   etl.trr_main           one event for each use-of-force report; the officer is that of
--                          etl.trr_officers, or null where the report names none
--   etl.awards             one event for each officer and award that is FINAL
-- Rules:
--   1. Complaints: the moment of the event is the incident's date. Where that is missing, after the day
--      of the complaint, or before 1967 (the year of the first complaint), it is
--      the complaint's date.
--   2. A trailing .0 of a uid is cut off; every uid must be in officers_hub (a check says so).
--   3. Awards name no uid. The officer is the only one with the award's officer_key, else the only
--      one with its officer_key_nb (the key without year of birth). Left out: awards that are
--      not FINAL, keys that several officers share, keys that no officer has (civilians, recruits).
--   4. Award rows that give one officer the same award again are left out; the lowest row_id stays.
--   5. off_duty_flag: a force report says it; of a complaint it is known only where its category
--      says "off duty" or "on duty".
--   6. Events of one complaint, one encounter (trr_subjects.event_id) or one award share event_chain_id.
--
-- department_source_id_hashed is made of source and key; the event tables find their event by it.

insert into staging.events_hub (
    event_chain_id,
    source_event_id,
    department_defined_event_id,
    department_source_id_hashed,
    officer_id,
    event_type_code,
    event_datetime,
    off_duty_flag
)
with complaint_dates as (
    select
        complaints.cr_id,
        case
            when
                complaints.incident_date::date between date '1967-01-01' and complaints.complaint_date::date
                then complaints.incident_date::date
            else complaints.complaint_date::date
        end as event_date
    from etl.complaints
),

unique_keys as (
    select
        officers.officer_key,
        min(split_part(officers.uid, '.', 1)::int) as uid
    from etl.officers
    where officers.officer_key is not null
    group by officers.officer_key
    having count(*) = 1
),

unique_keys_nb as (
    select
        officers.officer_key_nb,
        min(split_part(officers.uid, '.', 1)::int) as uid
    from etl.officers
    where officers.officer_key_nb is not null
    group by officers.officer_key_nb
    having count(*) = 1
),

awards as (
    select distinct on (awards.award_id, coalesce(unique_keys.uid, unique_keys_nb.uid))
        awards.row_id::int as row_id,
        awards.award_id,
        awards.award_start_date::date as event_date,
        coalesce(unique_keys.uid, unique_keys_nb.uid) as uid
    from etl.awards
    left join unique_keys
        on awards.officer_key = unique_keys.officer_key
    left join unique_keys_nb
        on awards.officer_key_nb = unique_keys_nb.officer_key_nb
    where
        awards.current_award_status = 'FINAL'
        and coalesce(unique_keys.uid, unique_keys_nb.uid) is not null
    order by
        awards.award_id,
        coalesce(unique_keys.uid, unique_keys_nb.uid),
        awards.row_id::int
),

events as (
    select
        'Complaint' as event_type,
        null::int as source_event_id,
        complaint_accused.cr_id as department_defined_event_id,
        complaint_accused.cr_id as chain_key,
        'complaint_accused/' || complaint_accused.cr_id || '/'
        || split_part(complaint_accused.uid, '.', 1) as source_key,
        split_part(complaint_accused.uid, '.', 1)::int as uid,
        complaint_dates.event_date::timestamp as event_datetime,
        case
            when complaint_accused.complaint_category ~ 'OFF[- ]DUTY'
                then true
            when complaint_accused.complaint_category ~ 'ON[- ]DUTY'
                then false
        end as off_duty_flag
    from etl.complaint_accused
    inner join complaint_dates
        on complaint_accused.cr_id = complaint_dates.cr_id

    union all

    select
        'Complaint' as event_type,
        null as source_event_id,
        complaint_dates.cr_id as department_defined_event_id,
        complaint_dates.cr_id as chain_key,
        'complaints/' || complaint_dates.cr_id as source_key,
        null as uid,
        complaint_dates.event_date::timestamp as event_datetime,
        null as off_duty_flag
    from complaint_dates
    where
        not exists (
            select 1
            from etl.complaint_accused
            where complaint_accused.cr_id = complaint_dates.cr_id
        )

    union all

    select
        'Use of force' as event_type,
        trr_main.trr_id::int as source_event_id,
        trr_main.trr_id as department_defined_event_id,
        trr_subjects.event_id as chain_key,
        'trr_main/' || trr_main.trr_id as source_key,
        split_part(trr_officers.uid, '.', 1)::int as uid,
        trr_main.trr_date::date + trr_main.trr_time::time as event_datetime,
        trr_officers.duty_status = 'No' as off_duty_flag
    from etl.trr_main
    left join etl.trr_officers
        on trr_main.trr_id = trr_officers.trr_id
    left join etl.trr_subjects
        on trr_main.trr_id = trr_subjects.trr_id

    union all

    select
        'Compliment' as event_type,
        awards.row_id as source_event_id,
        awards.award_id as department_defined_event_id,
        awards.award_id as chain_key,
        'awards/' || awards.award_id || '/' || awards.uid as source_key,
        awards.uid,
        awards.event_date::timestamp as event_datetime,
        null as off_duty_flag
    from awards
)

select
    dense_rank() over (order by lookup_event_types.code, events.chain_key collate "C") as event_chain_id,
    events.source_event_id,
    events.department_defined_event_id,
    md5(events.source_key)::uuid as department_source_id_hashed,
    officers_hub.officer_id,
    lookup_event_types.code as event_type_code,
    events.event_datetime,
    events.off_duty_flag
from events
left join staging.lookup_event_types
    on events.event_type = lookup_event_types.value
left join staging.officers_hub
    on events.uid = officers_hub.department_defined_officer_id::int
order by
    lookup_event_types.code,
    events.department_defined_event_id collate "C",
    officers_hub.officer_id;
