-- One row per training of an officer. Left out, and counted in row_accounting: rows whose
-- employee number is missing or nobody's. The event that led to it is the officer's last use
-- of force in the 60 days before a use-of-force or de-escalation course.
with type_codes as (
    select
        book.spelling,
        types.code,
        types.value in ('Use of force', 'De-escalation') as about_force
    from etl.code_book as book
    inner join staging.lookup_training_types as types on book.value = types.value
    where book.code_list = 'training_types'
),

force_events as (
    select
        hub.event_id,
        hub.officer_id,
        hub.event_datetime
    from staging.events_hub as hub
    inner join staging.lookup_event_types as types on hub.event_type_code = types.code
    where types.value = 'Use of force'
),

trainings as (
    select
        trainings.training_no,
        hub.officer_id,
        trainings.days,
        trainings.score,
        trainings.result,
        staging.parse_date(trainings.started_on) as started_on,
        coalesce(type_codes.code, 0) as type_code,
        coalesce(type_codes.about_force, false) as about_force
    from etl.hr_trainings as trainings
    inner join staging.officers_hub as hub
        on
            staging.normalise_identifier(trainings.employee_no)
            = staging.normalise_identifier(hub.department_defined_officer_id)
    left join type_codes on staging.normalise_text(trainings.course) = type_codes.spelling
),

causes as (
    select distinct on (trainings.training_no)
        trainings.training_no,
        force_events.event_id
    from trainings
    inner join force_events
        on
            trainings.officer_id = force_events.officer_id
            and trainings.started_on > force_events.event_datetime
            and force_events.event_datetime >= trainings.started_on - 60
    where trainings.about_force
    order by
        trainings.training_no asc,
        force_events.event_datetime desc,
        force_events.event_id asc
)

insert into staging.officer_trainings (
    training_id,
    officer_id,
    training_type_code,
    start_date,
    completion_date,
    score,
    pass_fail_flag,
    precipitated_by_event_id
)
select
    trainings.training_no,
    trainings.officer_id,
    trainings.type_code,
    trainings.started_on,
    trainings.started_on + trainings.days,
    staging.parse_integer(trainings.score),
    case left(upper(trainings.result), 1)
        when 'P' then true
        when 'F' then false
    end,
    causes.event_id
from trainings
left join causes on trainings.training_no = causes.training_no
order by trainings.training_no;
