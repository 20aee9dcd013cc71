-- Investigations of complaints, one row for each accusation and the rule in question.
--
-- Sources: staging.incidents (findings, outcomes and dates, already made clean there),
-- etl.complaint_accused and etl.complaint_details (the rule), etl.complaint_investigators.
-- Left out: force reports, which accuse nobody, and complaint events that show no sign of an
-- investigation: no finding, outcome null or Unknown, and no investigator.
-- investigation_supervisor_id stays null: none of the supervising investigators has a uid (they are in
-- people).

insert into staging.internal_affairs_investigations (
    event_id,
    incident_type_code,
    rule_violated_code,
    department_defined_investigation_id,
    final_ruling_code,
    intervention_type_code,
    days_suspended,
    date_investigation_started,
    date_of_judgement,
    reprimand_type_code,
    general_narrative
)
with investigated as (
    select distinct complaint_investigators.cr_id
    from etl.complaint_investigators
),

details as (
    select
        complaint_details.cr_id,
        min(complaint_details.current_complaint_category_code) as category_code
    from etl.complaint_details
    group by complaint_details.cr_id
),

accusations as (
    select
        md5(
            'complaint_accused/' || complaint_accused.cr_id || '/' || split_part(complaint_accused.uid, '.', 1)
        )::uuid as source_hash,
        complaint_accused.cr_id,
        complaint_accused.complaint_code,
        (
            complaint_accused.final_finding is not null
            or coalesce(complaint_accused.final_outcome, 'Unknown') <> 'Unknown'
        ) as decided
    from etl.complaint_accused

    union all

    select
        md5('complaints/' || complaints.cr_id)::uuid as source_hash,
        complaints.cr_id,
        null as complaint_code,
        false as decided
    from etl.complaints
)

select
    incidents.event_id,
    incidents.grouped_incident_type_code as incident_type_code,
    coalesce(lookup_rules_violated.code, 0) as rule_violated_code,
    incidents.department_defined_investigation_id,
    incidents.final_ruling_code,
    incidents.intervention_type_code,
    incidents.days_suspended,
    incidents.investigation_start_date as date_investigation_started,
    incidents.date_of_judgment as date_of_judgement,
    incidents.reprimand_type_code,
    incidents.general_narrative
from staging.incidents
inner join staging.events_hub
    on incidents.event_id = events_hub.event_id
inner join accusations
    on events_hub.department_source_id_hashed = accusations.source_hash
left join investigated
    on accusations.cr_id = investigated.cr_id
left join details
    on accusations.cr_id = details.cr_id
left join staging.lookup_rules_violated
    on coalesce(accusations.complaint_code, details.category_code) = lookup_rules_violated.value
where
    accusations.decided
    or investigated.cr_id is not null
order by incidents.event_id;
