-- Rank, unit and pay grade of officers over time, as five sources tell it.
--
-- Sources and rows out:
--   etl.unit_history     one row for each spell in a unit, from its start
--   etl.salary           one row for each run of years with one rank and pay grade, from 1 January of
--                        the first, or the day of appointment in that year
--   etl.roster_2017_04   one row for each officer: rank, unit and status. Dated 1 April 2017 for
--                        active officers; for the others nobody says when, and the date is null
--   etl.roster_2018_03   one row for each officer of the active roster, dated 1 March 2018
--   etl.trr_officers     the first force report that shows an officer in a rank, with its date
--   etl.officers         one undated row for officers whom no roster names, where rank or unit is known;
--                        a rank that is not is UNKNOWN, as the rosters write it
-- Left out, in this order:
--   unit_history   no unit; ends more than a day before it starts; ends the day before it
--                  starts (a spell of no day); the same officer, unit and start again
--   salary         years without pay grade; years that continue a run
--   rosters        no uid; second rows of one officer (the lower row_id stays)
--   trr_officers   no uid; no rank; later reports in a known rank
--   officers       named by a roster; neither rank nor unit
-- A start before the officer's appointment stays as it is (the delivery has 339; a check counts them).
-- Ranks: the source gives each of its spellings a cleaned rank (etl.officers, etl.salary); it is used
-- for the rosters and force reports too. Salary's INVESTIGATOR is a Detective.

insert into staging.officer_roles (
    officer_id,
    department_defined_officer_id_code,
    department_start_date,
    department_id,
    department_name,
    job_start_date,
    job_id,
    job_title,
    sworn_flag,
    rank_code,
    paygrade_code,
    paygrade_raw,
    police_group_id,
    duty_status_code
)
with ranks as (
    select distinct
        officers.current_rank as title,
        officers.cleaned_rank
    from etl.officers
    where officers.current_rank is not null

    union all

    select
        title,
        cleaned_rank
    from (
        values
        ('PO ASGN GANG CRMS SP', 'POLICE OFFICER'),
        ('PO ASSIGN YOUTH OFF', 'POLICE OFFICER'),
        ('DETENTION AIDE', 'CIVILIAN'),
        ('TRAFFIC  CONTROL AIDE', 'CIVILIAN')
    ) as force_report_titles (title, cleaned_rank)
),

titles as (
    select distinct
        roster_2017_04.rank_no,
        roster_2017_04.current_rank as title
    from etl.roster_2017_04
    where roster_2017_04.rank_no <> 'UNK'
),

pay as (
    select
        split_part(salary.uid, '.', 1)::int as uid,
        split_part(salary.year, '.', 1)::int as year,
        salary.rank,
        salary.cleaned_rank,
        salary.pay_grade,
        lag(salary.rank || '/' || salary.pay_grade) over (
            partition by split_part(salary.uid, '.', 1)::int
            order by split_part(salary.year, '.', 1)::int
        ) as previous
    from etl.salary
    where salary.pay_grade is not null
),

roles as (
    select distinct
        1 as source_order,
        split_part(unit_history.uid, '.', 1)::int as uid,
        split_part(unit_history.unit, '.', 1)::int as unit,
        unit_history.unit_start_date::date as started,
        null as job_id,
        null as job_title,
        null as cleaned_rank,
        null as pay_grade,
        null::int as sworn_flag,
        null as duty_status
    from etl.unit_history
    where
        unit_history.unit is not null
        and not coalesce(unit_history.unit_end_date::date < unit_history.unit_start_date::date, false)

    union all

    select
        2 as source_order,
        pay.uid,
        null as unit,
        make_date(pay.year, 1, 1) as started,
        null as job_id,
        pay.rank as job_title,
        case pay.cleaned_rank
            when 'INVESTIGATOR'
                then 'DETECTIVE'
            else pay.cleaned_rank
        end as cleaned_rank,
        pay.pay_grade,
        null as sworn_flag,
        null as duty_status
    from pay
    where pay.rank || '/' || pay.pay_grade is distinct from pay.previous

    union all

    select
        3 as source_order,
        roster.uid,
        roster.unit,
        roster.started,
        roster.job_id,
        roster.job_title,
        ranks.cleaned_rank,
        null as pay_grade,
        null as sworn_flag,
        roster.duty_status
    from (
        select distinct on (split_part(roster_2017_04.uid, '.', 1)::int)
            split_part(roster_2017_04.uid, '.', 1)::int as uid,
            split_part(roster_2017_04.current_unit, '.', 1)::int as unit,
            case roster_2017_04.current_status
                when '1'
                    then date '2017-04-01'
            end as started,
            nullif(roster_2017_04.rank_no, 'UNK') as job_id,
            roster_2017_04.current_rank as job_title,
            case roster_2017_04.current_status
                when '1'
                    then 'Active'
                else 'Left'
            end as duty_status
        from etl.roster_2017_04
        where roster_2017_04.uid is not null
        order by
            split_part(roster_2017_04.uid, '.', 1)::int,
            roster_2017_04.row_id::int
    ) as roster
    left join ranks
        on roster.job_title = ranks.title

    union all

    select distinct on (split_part(roster_2018_03.uid, '.', 1)::int)
        4 as source_order,
        split_part(roster_2018_03.uid, '.', 1)::int as uid,
        split_part(roster_2018_03.unit, '.', 1)::int as unit,
        date '2018-03-01' as started,
        nullif(roster_2018_03.rank_no, 'UNK') as job_id,
        titles.title as job_title,
        ranks.cleaned_rank,
        null as pay_grade,
        case roster_2018_03.is_sworn_officer
            when 'Y'
                then 1
            else 0
        end as sworn_flag,
        'Active' as duty_status
    from etl.roster_2018_03
    left join titles
        on roster_2018_03.rank_no = titles.rank_no
    left join ranks
        on titles.title = ranks.title
    where roster_2018_03.uid is not null

    union all

    select
        5 as source_order,
        reports.uid,
        reports.unit,
        reports.started,
        null as job_id,
        reports.title as job_title,
        ranks.cleaned_rank,
        null as pay_grade,
        null as sworn_flag,
        null as duty_status
    from (
        select distinct on (split_part(trr_officers.uid, '.', 1)::int, trr_officers.rank)
            split_part(trr_officers.uid, '.', 1)::int as uid,
            split_part(trr_officers.unit, '.', 1)::int as unit,
            trr_main.trr_date::date as started,
            trr_officers.rank as title
        from etl.trr_officers
        inner join etl.trr_main
            on trr_officers.trr_id = trr_main.trr_id
        where
            trr_officers.uid is not null
            and trr_officers.rank is not null
        order by
            split_part(trr_officers.uid, '.', 1)::int,
            trr_officers.rank,
            trr_main.trr_date::date,
            trr_main.trr_time,
            trr_main.trr_id::int
    ) as reports
    left join ranks
        on reports.title = ranks.title

    union all

    select
        6 as source_order,
        split_part(officers.uid, '.', 1)::int as uid,
        split_part(officers.current_unit, '.', 1)::int as unit,
        null as started,
        null as job_id,
        coalesce(officers.current_rank, 'UNKNOWN') as job_title,
        officers.cleaned_rank,
        null as pay_grade,
        null as sworn_flag,
        case split_part(officers.current_status, '.', 1)
            when '1'
                then 'Active'
            when '0'
                then 'Left'
        end as duty_status
    from etl.officers
    where
        coalesce(officers.current_rank, officers.current_unit) is not null
        and not exists (
            select 1
            from etl.roster_2017_04
            where split_part(roster_2017_04.uid, '.', 1) = split_part(officers.uid, '.', 1)
        )
        and not exists (
            select 1
            from etl.roster_2018_03
            where split_part(roster_2018_03.uid, '.', 1) = split_part(officers.uid, '.', 1)
        )
),

appointments as (
    select
        split_part(officers.uid, '.', 1)::int as uid,
        officers.appointed_date::date as appointed_date
    from etl.officers
)

select
    officers_hub.officer_id,
    officers_hub.department_defined_officer_id as department_defined_officer_id_code,
    appointments.appointed_date as department_start_date,
    police_groups.police_group_department_defined_id as department_id,
    police_groups.police_group_name as department_name,
    case
        when
            roles.pay_grade is not null
            and appointments.appointed_date > roles.started
            and extract(year from appointments.appointed_date) = extract(year from roles.started)
            then appointments.appointed_date
        else roles.started
    end as job_start_date,
    roles.job_id,
    regexp_replace(roles.job_title, '\s+', ' ', 'g') as job_title,
    roles.sworn_flag,
    lookup_ranks.code as rank_code,
    lookup_paygrades.code as paygrade_code,
    roles.pay_grade as paygrade_raw,
    police_groups.police_group_id,
    lookup_duty_statuses.code as duty_status_code
from roles
inner join staging.officers_hub
    on roles.uid = officers_hub.department_defined_officer_id::int
left join appointments
    on roles.uid = appointments.uid
left join staging.police_groups
    on roles.unit = police_groups.police_group_id
left join staging.lookup_ranks
    on lower(roles.cleaned_rank) = lower(lookup_ranks.value)
left join staging.lookup_paygrades
    on roles.pay_grade = lookup_paygrades.value
left join staging.lookup_duty_statuses
    on roles.duty_status = lookup_duty_statuses.value
order by
    officers_hub.officer_id,
    roles.source_order,
    roles.started nulls first,
    roles.unit,
    roles.job_title;
