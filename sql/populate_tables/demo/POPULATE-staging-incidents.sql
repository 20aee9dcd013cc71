-- One row per case of internal affairs, its allegations counted by the case's ruling: the counts
-- add up to number_of_allegations. The event says which officer and when: a record that events_hub
-- left out is left out here, and nothing else.
-- The training ordered is the officer's first one in the 90 days after the decision. The cleanup
-- evens out the policies.
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

origin_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_origination_types as meanings on book.value = meanings.value
    where book.code_list = 'origination_types'
),

read_cases as materialized (
    select
        cases.*,
        investigators.officer_id as investigator_id,
        staging.normalise_text(cases.ruling) as ruling_read,
        staging.parse_date(cases.opened_on) as opened,
        staging.parse_date(cases.decided_on) as decided
    from etl.ia_cases as cases
    left join officer_numbers as investigators
        on staging.normalise_identifier(cases.investigator_no) = investigators.employee
),

trainings as (
    select distinct on (events.event_id)
        events.event_id,
        trainings.training_id
    from events
    inner join read_cases as cases on events.source_event_id = cases.row_id
    inner join staging.officer_trainings as trainings
        on
            events.officer_id = trainings.officer_id
            and cases.decided <= trainings.start_date
            and trainings.start_date < cases.decided + 90
    where staging.normalise_text(cases.intervention) = 'TRAINING'
    order by
        events.event_id,
        trainings.start_date,
        trainings.training_id
)

insert into staging.incidents (
    event_id,
    investigation_id,
    department_defined_investigation_id,
    department_defined_policy_type,
    department_defined_policy_violated,
    grouped_incident_type_code,
    number_of_allegations,
    number_of_justified_allegations,
    number_of_unjustified_allegations,
    number_of_preventable_allegations,
    number_of_non_preventable_allegations,
    number_of_unfounded_allegations,
    number_of_sustained_allegations,
    number_of_unsustained_allegations,
    number_of_exonerated_allegations,
    number_of_unknown_outcome_allegations,
    origination_type_code,
    investigation_start_date,
    investigation_end_date,
    investigating_officer_id,
    tactics_concerns_flag,
    safety_concerns_flag,
    communications_concerns_flag,
    report_date,
    intervention_type_code,
    days_suspended,
    hours_active_suspension,
    training_id,
    date_of_judgment,
    final_ruling_code,
    reprimand_type_code,
    general_narrative,
    last_modified,
    department_source_table,
    event_datetime,
    officer_id
)
select
    events.event_id,
    staging.parse_integer(records.case_no),
    split_part(records.case_no, '.', 1),
    nullif(records.rule, ''),
    nullif(btrim(records.kind), ''),
    coalesce(kind_codes.code, 0),
    records.allegations,
    case
        when records.ruling_read = 'JUSTIFIED' then records.allegations
        else 0
    end,
    case
        when records.ruling_read = 'NOT JUSTIFIED' then records.allegations
        else 0
    end,
    case
        when records.ruling_read = 'PREVENTABLE' then records.allegations
        else 0
    end,
    case
        when records.ruling_read = 'NOT PREVENTABLE' then records.allegations
        else 0
    end,
    case
        when records.ruling_read = 'UNFOUNDED' then records.allegations
        else 0
    end,
    case
        when records.ruling_read = 'SUSTAINED' then records.allegations
        else 0
    end,
    case
        when records.ruling_read in ('NOT SUSTAINED', 'UNSUSTAINED') then records.allegations
        else 0
    end,
    case
        when records.ruling_read = 'EXONERATED' then records.allegations
        else 0
    end,
    case
        when records.ruling_read is null then records.allegations
        else 0
    end,
    coalesce(origin_codes.code, 0),
    records.opened,
    case
        when records.decided >= records.opened then records.decided
    end,
    records.investigator_id,
    staging.parse_boolean(records.tactics_concern),
    staging.parse_boolean(records.safety_concern),
    staging.parse_boolean(records.communication_concern),
    records.opened as report_date,
    coalesce(intervention_codes.code, 0),
    staging.parse_integer(records.days_suspended),
    8 * staging.parse_integer(records.days_suspended),
    trainings.training_id,
    records.decided,
    coalesce(ruling_codes.code, 0),
    reprimand_codes.code,
    nullif(btrim(records.narrative), ''),
    extracts.extracted_at,
    'ia_cases',
    events.event_datetime,
    events.officer_id
from read_cases as records
inner join events on records.row_id = events.source_event_id
inner join etl.extracts as extracts on extracts.system = 'ia'
left join trainings on events.event_id = trainings.event_id
left join kind_codes on staging.normalise_text(records.kind) = kind_codes.spelling
left join origin_codes on staging.normalise_text(records.origin) = origin_codes.spelling
left join intervention_codes on staging.normalise_text(records.intervention) = intervention_codes.spelling
left join ruling_codes on records.ruling_read = ruling_codes.spelling
left join reprimand_codes on staging.normalise_text(records.reprimand) = reprimand_codes.spelling
order by events.event_id;
