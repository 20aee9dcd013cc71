-- One row per case of internal affairs that was opened, on the event of incidents. Left out, and
-- counted in row_accounting: cases whose opening day cannot be read, and those that events_hub left out.
with events as (
    select
        hub.event_id,
        hub.source_event_id,
        hub.event_datetime,
        hub.officer_id
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Internal affairs investigation'
),

officer_numbers as (
    select
        officer_id,
        staging.normalise_identifier(department_defined_officer_id) as employee
    from staging.officers_hub
),

kind_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_incident_types as meanings on book.value = meanings.value
    where book.code_list = 'incident_types'
),

ruling_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_final_rulings as meanings on book.value = meanings.value
    where book.code_list = 'final_rulings'
),

intervention_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_intervention_types as meanings on book.value = meanings.value
    where book.code_list = 'intervention_types'
),

reprimand_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_reprimand_types as meanings on book.value = meanings.value
    where book.code_list = 'reprimand_types'
),

rule_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_rules_violated as meanings on book.value = meanings.value
    where book.code_list = 'rules_violated'
)

insert into staging.internal_affairs_investigations (
    event_id,
    incident_type_code,
    rule_violated_code,
    department_defined_investigation_id,
    final_ruling_code,
    investigation_supervisor_id,
    tactics_concerns_flag,
    safety_concerns_flag,
    communications_concerns_flag,
    intervention_type_code,
    days_suspended,
    date_investigation_started,
    date_of_judgement,
    reprimand_type_code,
    general_narrative
)
select
    events.event_id,
    coalesce(kind_codes.code, 0),
    coalesce(rule_codes.code, 0),
    split_part(records.case_no, '.', 1),
    coalesce(ruling_codes.code, 0),
    officer_numbers.officer_id,
    staging.parse_boolean(records.tactics_concern),
    staging.parse_boolean(records.safety_concern),
    staging.parse_boolean(records.communication_concern),
    coalesce(intervention_codes.code, 0),
    staging.parse_integer(records.days_suspended),
    staging.parse_date(records.opened_on),
    staging.parse_date(records.decided_on),
    reprimand_codes.code,
    nullif(btrim(records.narrative), '')
from etl.ia_cases as records
inner join events on records.row_id = events.source_event_id
left join officer_numbers on staging.normalise_identifier(records.investigator_no) = officer_numbers.employee
left join kind_codes on staging.normalise_text(records.kind) = kind_codes.spelling
left join rule_codes on staging.normalise_text(records.rule) = rule_codes.spelling
left join ruling_codes on staging.normalise_text(records.ruling) = ruling_codes.spelling
left join intervention_codes on staging.normalise_text(records.intervention) = intervention_codes.spelling
left join reprimand_codes on staging.normalise_text(records.reprimand) = reprimand_codes.spelling
where staging.parse_date(records.opened_on) is not null
order by events.event_id;
