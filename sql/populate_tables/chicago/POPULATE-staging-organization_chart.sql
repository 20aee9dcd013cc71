-- The positions of the department, by the four-digit title number of the personnel system.
--
-- Sources: etl.roster_2017_04 (number and title), etl.roster_2018_03 (number only), etl.awards (rank as
-- "9161-POLICE OFFICER"). One row out for each number; the title is that of the 2017 roster, else
-- of the awards, else null.
-- Left out: rows whose number is UNK.
-- supervisor_flag follows the rank that etl.officers gives the title; null for titles that no officer
-- has. Who reports to whom is nowhere said: supervisor_id and department_code stay null.

insert into staging.organization_chart (
    job_id,
    supervisor_flag,
    title
)
with titles as (
    select
        roster_2017_04.rank_no,
        roster_2017_04.current_rank as title,
        1 as source_order
    from etl.roster_2017_04

    union

    select
        split_part(awards.rank, '-', 1) as rank_no,
        substr(awards.rank, 6) as title,
        2 as source_order
    from etl.awards

    union

    select
        roster_2018_03.rank_no,
        null as title,
        3 as source_order
    from etl.roster_2018_03
),

jobs as (
    select distinct on (titles.rank_no)
        titles.rank_no::int as job_id,
        regexp_replace(titles.title, '\s+', ' ', 'g') as title
    from titles
    where titles.rank_no <> 'UNK'
    order by
        titles.rank_no,
        titles.source_order,
        titles.title
),

ranks as (
    select distinct
        officers.current_rank,
        officers.cleaned_rank
    from etl.officers
    where officers.current_rank is not null
)

select
    jobs.job_id,
    ranks.cleaned_rank not in ('POLICE OFFICER', 'DETECTIVE', 'FIELD TRAINING OFFICER', 'OTHER') as supervisor_flag,
    jobs.title
from jobs
left join ranks
    on jobs.title = ranks.current_rank
order by jobs.job_id;
