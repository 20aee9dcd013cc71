-- What happened in every complaint and force report, with the finding and what was done about it.
--
-- Sources and rows out:
--   etl.complaint_accused  one row for each accusation, with its own finding and outcome
--   etl.complaints         one row, with one allegation of unknown outcome, for each complaint that
--                          accuses nobody known; dates of the complaint for the others
--   etl.trr_main           one row for each force report, without allegations
--   etl.complaint_details  category and complainant of a complaint (its rows agree in them)
--   etl.complaint_investigators  who was first assigned, among investigators with a uid
--   etl.trr_statuses       when a force report was first submitted
-- Rules:
--   1. final_outcome has 91 spellings. They are upper-cased, stars and blanks cut off, and read as one of
--      eleven interventions, with days where a number says them ("10 Day Suspension", 365). 99 and 999 are
--      fill values, not days: Unknown. "Over 30 days" and "indefinitely" have no number of days.
--   2. Findings NAF, NC and DIS are no verdict on what happened: they count as unknown outcome.
--   3. A closing date before the complaint's (38 complaints, 1929 the lowest) is impossible and becomes null.
--   4. A year of assignment after 2018 (2030 and 2040: four rows) is impossible: not looked at.
--   5. A category has several texts; the one of lookup_rules_violated is the cleaned one. Categories
--      are grouped by their first two digits; the S codes by the group that etl.complaint_details names.

insert into staging.incidents (
    event_id,
    investigation_id,
    department_defined_investigation_id,
    department_defined_policy_type,
    department_defined_policy_violated,
    department_defined_policy_violated_cleaned,
    grouped_incident_type_code,
    number_of_allegations,
    number_of_unfounded_allegations,
    number_of_sustained_allegations,
    number_of_unsustained_allegations,
    number_of_exonerated_allegations,
    number_of_unknown_outcome_allegations,
    origination_type_code,
    investigation_start_date,
    investigation_end_date,
    investigating_officer_id,
    report_date,
    intervention_type_code,
    days_suspended,
    date_of_judgment,
    final_ruling_code,
    reprimand_type_code,
    general_narrative,
    department_source_table,
    event_datetime,
    officer_id
)
with details as (
    select
        complaint_details.cr_id,
        min(complaint_details.complainant_type) as complainant_type,
        min(complaint_details.current_complaint_category_code) as category_code,
        min(complaint_details.investigating_agency) as agency,
        min(complaint_details.current_complaint_status) as status
    from etl.complaint_details
    group by complaint_details.cr_id
),

subcodes as (
    select
        complaint_details.current_complaint_category_code as code,
        min(substring(complaint_details.current_complaint_category_type, '(?:GROUP|SUBCODE) 0*([0-9]{2})')) as chapter
    from etl.complaint_details
    where complaint_details.current_complaint_category_code like 'S%'
    group by complaint_details.current_complaint_category_code
),

chapters as (
    select
        chapter,
        name,
        incident_type
    from (
        values
        ('01', 'GROUP 01 - VERBAL ABUSE', 'Verbal abuse'),
        ('02', 'GROUP 02 - ALCOHOL ABUSE', 'Alcohol abuse'),
        ('03', 'GROUP 03 - IMPROPER SEARCH', 'Improper search'),
        ('04', 'GROUP 04 - ARREST/LOCKUP PROCEDURES', 'False arrest'),
        ('05', 'GROUP 05 - OFFICE OF PROFESSIONAL STANDARDS INVESTIGATIONS', 'Excessive force'),
        ('06', 'GROUP 06 - BRIBERY/OFFICIAL CORRUPTION', 'Bribery or corruption'),
        ('07', 'GROUP 07 - TRAFFIC (NOT BRIBERY/EXCESSIVE FORCE)', 'Traffic violation'),
        ('08', 'GROUP 08 - CRIMINAL CONDUCT', 'Criminal conduct'),
        ('09', 'GROUP 09 - CONDUCT UNBECOMING VIOLATIONS (OFF DUTY)', 'Conduct unbecoming'),
        ('10', 'GROUP 10 - OPERATION/PERSONNEL VIOLATIONS (ON DUTY)', 'Neglect of duty'),
        ('11', 'GROUP 11 - FORWARDED TO O.E.C.', 'Other'),
        ('12', 'GROUP 12 - SUPERVISORY RESPONSIBILITIES', 'Supervisory failure'),
        ('14', 'GROUP 14 - CIVIL SUITS', 'Civil suit'),
        ('15', 'GROUP 15 - DRUG/SUBSTANCE ABUSE', 'Drug abuse'),
        ('16', 'GROUP 16 - SEARCH WARRANTS', 'Improper search'),
        ('17', 'GROUP 17 - MEDICAL', 'Other'),
        ('18', 'GROUP 18 - POLICE INVOLVED SHOOTING', 'Police shooting'),
        ('19', 'GROUP 19 - COERCION', 'Coercion'),
        ('20', 'GROUP 20 - NOTIFICATIONS', 'Other'),
        ('21', 'GROUP 21 - MOTOR VEHICLE FATALITY', 'Vehicle collision')
    ) as chapter_names (chapter, name, incident_type)
),

rules as (
    select
        lookup_rules_violated.value as code,
        lookup_rules_violated.description,
        chapters.name as chapter_name,
        lookup_incident_types.code as incident_type_code
    from staging.lookup_rules_violated
    left join subcodes
        on lookup_rules_violated.value = subcodes.code
    left join chapters
        on coalesce(subcodes.chapter, left(lookup_rules_violated.value, 2)) = chapters.chapter
    left join staging.lookup_incident_types
        on
            case
                when
                    lookup_rules_violated.description like '%DOMESTIC%'
                    and chapters.incident_type = 'Conduct unbecoming'
                    then 'Domestic incident'
                else chapters.incident_type
            end = lookup_incident_types.value
),

spellings as (
    select
        outcomes.final_outcome,
        btrim(upper(outcomes.final_outcome), '* ') as tidy
    from (
        select distinct complaint_accused.final_outcome
        from etl.complaint_accused
        where complaint_accused.final_outcome is not null
    ) as outcomes
),

outcomes as (
    select
        spellings.final_outcome,
        case
            when spellings.tidy = 'NO ACTION TAKEN'
                then 'None'
            when spellings.tidy = 'VIOLATION NOTED'
                then 'Violation noted'
            when spellings.tidy = 'REPRIMAND'
                then 'Reprimand'
            when spellings.tidy = 'SUSTAINED-NO PENALTY'
                then 'Sustained without penalty'
            when spellings.tidy = 'PENALTY NOT SERVED'
                then 'Penalty not served'
            when spellings.tidy ~ '^RESIGNED'
                then 'Resignation'
            when spellings.tidy ~ '^SEPARAT'
                then 'Termination'
            when spellings.tidy ~ '^REINSTATED'
                then 'Reinstated'
            when spellings.tidy ~ '^ADMIN'
                then 'Administratively terminated'
            when
                spellings.tidy ~ 'SUSPEN'
                or (spellings.tidy ~ '^[0-9]+$' and spellings.tidy not in ('99', '999'))
                then 'Active suspension'
            else 'Unknown'
        end as intervention,
        case
            when spellings.tidy ~ '^[0-9]+( DAY SUSPENSION)?$' and spellings.tidy not in ('99', '999')
                then substring(spellings.tidy, '^[0-9]+')::int
            when spellings.tidy ~ '^SUSPENDED FOR [0-9]+ DAYS$'
                then substring(spellings.tidy, '[0-9]+')::int
        end as days_suspended
    from spellings
),

assignments as (
    select
        assigned.cr_id,
        min(assigned.assigned_date) as assigned_date,
        (array_agg(
            assigned.uid
            order by
                assigned.assigned_date nulls last,
                assigned.uid
        ) filter (where assigned.uid is not null))[1] as uid
    from (
        select
            complaint_investigators.cr_id,
            split_part(complaint_investigators.uid, '.', 1)::int as uid,
            case
                when to_date(complaint_investigators.assigned_datetime, 'DD-MON-YY') < date '2019-01-01'
                    then to_date(complaint_investigators.assigned_datetime, 'DD-MON-YY')
            end as assigned_date
        from etl.complaint_investigators
    ) as assigned
    group by assigned.cr_id
),

submissions as (
    select
        trr_statuses.trr_id,
        min(trr_statuses.status_date || ' ' || trr_statuses.status_time)::timestamp as submitted
    from etl.trr_statuses
    where trr_statuses.status = 'SUBMITTED'
    group by trr_statuses.trr_id
),

incidents as (
    select
        md5(
            coalesce(
                'complaint_accused/' || complaint_accused.cr_id || '/' || split_part(complaint_accused.uid, '.', 1),
                'complaints/' || complaints.cr_id
            )
        )::uuid as source_hash,
        complaints.cr_id as department_defined_investigation_id,
        complaint_accused.complaint_category as category,
        coalesce(complaint_accused.complaint_code, details.category_code) as category_code,
        complaint_accused.final_finding,
        case
            when complaint_accused.final_outcome is null
                then 'Unknown'
            else outcomes.intervention
        end as intervention,
        outcomes.days_suspended,
        case details.complainant_type
            when 'CIVILIAN'
                then 'External'
            when 'CPD_EMPLOYEE'
                then 'Internal'
            else 'Unknown'
        end as origin,
        complaints.complaint_date::timestamp as report_date,
        coalesce(assignments.assigned_date, complaints.complaint_date::date)::timestamp as started,
        case
            when complaints.closed_date::date >= complaints.complaint_date::date
                then complaints.closed_date::timestamp
        end as closed,
        assignments.uid as investigator_uid,
        nullif(
            concat_ws(
                '; ',
                'agency ' || details.agency,
                'status ' || lower(details.status)
            ),
            ''
        ) as general_narrative,
        case
            when complaint_accused.cr_id is null
                then 'complaints'
            else 'complaint_accused'
        end as source_table,
        1 as allegations
    from etl.complaints
    left join etl.complaint_accused
        on complaints.cr_id = complaint_accused.cr_id
    left join details
        on complaints.cr_id = details.cr_id
    left join outcomes
        on complaint_accused.final_outcome = outcomes.final_outcome
    left join assignments
        on complaints.cr_id = assignments.cr_id

    union all

    select
        md5('trr_main/' || trr_main.trr_id)::uuid as source_hash,
        trr_main.trr_id as department_defined_investigation_id,
        null as category,
        null as category_code,
        null as final_finding,
        null as intervention,
        null as days_suspended,
        'Internal' as origin,
        submissions.submitted as report_date,
        null as started,
        null as closed,
        null as investigator_uid,
        nullif(
            concat_ws(
                '; ',
                lower(trr_main.location),
                'beat ' || nullif(trr_main.beat, '0'),
                lower(trr_main.indoor_or_outdoor),
                'light: ' || lower(trr_main.lighting_condition),
                'weather: ' || lower(trr_main.weather_condition)
            ),
            ''
        ) as general_narrative,
        'trr_main' as source_table,
        0 as allegations
    from etl.trr_main
    left join submissions
        on trr_main.trr_id = submissions.trr_id
)

select
    events_hub.event_id,
    events_hub.event_chain_id as investigation_id,
    incidents.department_defined_investigation_id,
    case incidents.source_table
        when 'trr_main'
            then 'USE OF FORCE REPORT'
        else rules.chapter_name
    end as department_defined_policy_type,
    coalesce(btrim(incidents.category), rules.description) as department_defined_policy_violated,
    rules.description as department_defined_policy_violated_cleaned,
    case incidents.source_table
        when 'trr_main'
            then force_reports.code
        else coalesce(rules.incident_type_code, 0)
    end as grouped_incident_type_code,
    incidents.allegations as number_of_allegations,
    case when incidents.final_finding = 'UN' then 1 else 0 end as number_of_unfounded_allegations,
    case when incidents.final_finding = 'SU' then 1 else 0 end as number_of_sustained_allegations,
    case when incidents.final_finding = 'NS' then 1 else 0 end as number_of_unsustained_allegations,
    case when incidents.final_finding = 'EX' then 1 else 0 end as number_of_exonerated_allegations,
    case
        when coalesce(incidents.final_finding, '') not in ('UN', 'SU', 'NS', 'EX')
            then incidents.allegations
        else 0
    end as number_of_unknown_outcome_allegations,
    lookup_origination_types.code as origination_type_code,
    incidents.started as investigation_start_date,
    incidents.closed as investigation_end_date,
    investigators.officer_id as investigating_officer_id,
    incidents.report_date,
    lookup_intervention_types.code as intervention_type_code,
    incidents.days_suspended,
    case when incidents.final_finding is not null then incidents.closed end as date_of_judgment,
    case
        when incidents.source_table <> 'trr_main'
            then lookup_final_rulings.code
    end as final_ruling_code,
    case when incidents.intervention = 'Reprimand' then 0 end as reprimand_type_code,
    incidents.general_narrative,
    incidents.source_table as department_source_table,
    events_hub.event_datetime,
    events_hub.officer_id
from incidents
inner join staging.events_hub
    on incidents.source_hash = events_hub.department_source_id_hashed
left join rules
    on incidents.category_code = rules.code
left join staging.lookup_incident_types as force_reports
    on force_reports.value = 'Use of force report'
left join staging.lookup_origination_types
    on incidents.origin = lookup_origination_types.value
left join staging.lookup_intervention_types
    on incidents.intervention = lookup_intervention_types.value
left join staging.lookup_final_rulings
    on
        case incidents.final_finding
            when 'SU'
                then 'Sustained'
            when 'NS'
                then 'Not sustained'
            when 'EX'
                then 'Exonerated'
            when 'UN'
                then 'Unfounded'
            when 'NAF'
                then 'No affidavit'
            when 'NC'
                then 'No cooperation'
            when 'DIS'
                then 'Discharged'
            else 'Unknown'
        end = lookup_final_rulings.value
left join staging.officers_hub as investigators
    on incidents.investigator_uid = investigators.department_defined_officer_id::int
order by events_hub.event_id;
