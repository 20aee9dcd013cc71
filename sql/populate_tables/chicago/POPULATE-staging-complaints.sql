-- Complaints about officers, one row for each accused officer.
--
-- Sources: etl.complaint_accused (every row), etl.complaints (those that accuse nobody known; the
-- facts of the complaint for the others), etl.complaint_details (who complained; one row of each
-- cr_id, since rows of one complaint agree in what is taken here), staging.people (the complainant).
-- Rules:
--   1. Of several complainants the first of people is the accusing citizen; all of them are in people.
--   2. The age at the complaint is the year of the complaint less the year of birth, else the age that the
--      source says; outside 0 to 110 it is null.
--   3. A complaint is processed when it has a closing date that is not before its own date, or a
--      status that begins with CLOSED or ADMINISTRATIVELY.

insert into staging.complaints (
    event_id,
    complaint_id,
    department_defined_policy_violated,
    datetime,
    department_defined_complaint_id,
    processed_flag,
    complaint_origin_code,
    accusing_citizen_race_code,
    accusing_citizen_ethnicity_code,
    accusing_citizen_gender_code,
    accusing_citizen_age_at_complaint,
    event_datetime,
    officer_id
)
with details as (
    select
        complaint_details.cr_id,
        min(complaint_details.complainant_type) as complainant_type,
        min(complaint_details.current_complaint_status) as status,
        min(
            complaint_details.current_complaint_category_code || ' '
            || btrim(regexp_replace(complaint_details.current_complaint_category, '\s+', ' ', 'g'))
        ) as policy_violated
    from etl.complaint_details
    group by complaint_details.cr_id
),

citizens as (
    select
        split_part(people.department_defined_person_id, '/', 1) as cr_id,
        people.race_code,
        people.ethnicity_code,
        people.gender_code,
        people.birth_year
    from staging.people
    where
        people.source = 'complaint_complainants'
        and people.department_defined_person_id like '%/1'
),

ages as (
    select
        complaint_complainants.cr_id,
        max(split_part(complaint_complainants.age, '.', 1)::int) as age
    from etl.complaint_complainants
    where complaint_complainants.age is not null
    group by complaint_complainants.cr_id
),

cases as (
    select
        complaints.cr_id,
        complaints.complaint_date::date as complaint_date,
        details.policy_violated,
        (
            coalesce(complaints.closed_date::date >= complaints.complaint_date::date, false)
            or coalesce(details.status ~ '^(CLOSED|ADMINISTRATIVELY)', false)
        ) as processed_flag,
        case details.complainant_type
            when 'CIVILIAN'
                then 'Civilian'
            when 'CPD_EMPLOYEE'
                then 'Department employee'
            else 'Unknown'
        end as origin,
        citizens.race_code,
        citizens.ethnicity_code,
        citizens.gender_code,
        coalesce(
            extract(year from complaints.complaint_date::date)::int - citizens.birth_year,
            ages.age
        ) as age
    from etl.complaints
    left join details
        on complaints.cr_id = details.cr_id
    left join citizens
        on complaints.cr_id = citizens.cr_id
    left join ages
        on complaints.cr_id = ages.cr_id
)

select
    events_hub.event_id,
    events_hub.event_chain_id as complaint_id,
    coalesce(
        complaint_accused.complaint_code || ' '
        || btrim(regexp_replace(complaint_accused.complaint_category, '\s+', ' ', 'g')),
        cases.policy_violated
    ) as department_defined_policy_violated,
    cases.complaint_date as datetime,
    cases.cr_id as department_defined_complaint_id,
    cases.processed_flag,
    lookup_complaint_origins.code as complaint_origin_code,
    cases.race_code as accusing_citizen_race_code,
    cases.ethnicity_code as accusing_citizen_ethnicity_code,
    cases.gender_code as accusing_citizen_gender_code,
    case
        when cases.age between 0 and 110
            then cases.age
    end as accusing_citizen_age_at_complaint,
    events_hub.event_datetime,
    events_hub.officer_id
from cases
left join etl.complaint_accused
    on cases.cr_id = complaint_accused.cr_id
inner join staging.events_hub
    on
        md5(
            coalesce(
                'complaint_accused/' || complaint_accused.cr_id || '/' || split_part(complaint_accused.uid, '.', 1),
                'complaints/' || cases.cr_id
            )
        )::uuid = events_hub.department_source_id_hashed
left join staging.lookup_complaint_origins
    on cases.origin = lookup_complaint_origins.value
order by events_hub.event_id;
