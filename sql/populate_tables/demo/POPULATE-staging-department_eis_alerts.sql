-- Alerts of the department's old early-warning system. Left out, and counted in row_accounting:
-- alerts whose employee number is missing or nobody's. The cleanup writes the notes.
with officer_numbers as (
    select
        officer_id,
        staging.normalise_identifier(department_defined_officer_id) as employee
    from staging.officers_hub
),

event_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_eis_flag_types as meanings on book.value = meanings.value
    where book.code_list = 'eis_flag_types'
),

intervention_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_intervention_type as meanings on book.value = meanings.value
    where book.code_list = 'intervention_type'
)

insert into staging.department_eis_alerts (
    officer_id,
    date_created,
    event,
    event_type,
    threshold,
    employee_count,
    intervention,
    intervention_type,
    status,
    department_defined_eis_id
)
select
    officer_numbers.officer_id,
    staging.parse_timestamp(records.raised_at),
    records.event,
    coalesce(event_codes.code, 0),
    records.threshold,
    records.events_counted,
    nullif(records.intervention, ''),
    coalesce(intervention_codes.code, 0),
    staging.normalise_text(records.status),
    records.alert_no
from etl.ia_alerts as records
inner join officer_numbers on staging.normalise_identifier(records.employee_no) = officer_numbers.employee
left join event_codes on staging.normalise_text(records.event) = event_codes.spelling
left join intervention_codes on staging.normalise_text(records.intervention) = intervention_codes.spelling
order by records.row_id;
