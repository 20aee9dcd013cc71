-- Where the rows of Chicago's files went, by table and source.
--
-- "read": the rows of the source. "kept": those with a row of their own. "left out": those without, by
-- reason; a "merged" row lives on in another row, a "dropped" one does not. The reasons are counted
-- in the source, not by what a POPULATE script did, so that the "balance" (read less kept less left
-- out) is zero only when both agree. (Only the merged rows of addresses are what remains.)
-- Values that a rule changed are counted by checks of staging.yaml.

insert into staging.row_accounting (
    target_table,
    source_table,
    outcome,
    reason,
    row_count
)
with rostered as (
    select split_part(uid, '.', 1) as uid
    from etl.roster_2017_04

    union

    select split_part(uid, '.', 1) as uid
    from etl.roster_2018_03
),

numbered as (
    select rank_no
    from etl.roster_2017_04

    union

    select split_part(rank, '-', 1) as rank_no
    from etl.awards
),

accused as (
    select distinct cr_id
    from etl.complaint_accused
),

investigated as (
    select distinct cr_id
    from etl.complaint_investigators
),

used_units as (
    select unit
    from etl.unit_history

    union

    select current_unit as unit
    from etl.officers

    union

    select current_unit as unit
    from etl.roster_2017_04

    union

    select unit
    from etl.roster_2018_03

    union

    select unit
    from etl.trr_officers
),

used_numbers as (
    select distinct split_part(unit, '.', 1) as unit
    from used_units
    where unit is not null
),

listed_units as (
    select distinct unit
    from etl.units
),

unit_numbers as (
    select
        count(*) as read,
        count(u.unit) as listed
    from used_numbers as used
    left join listed_units as u
        on used.unit = u.unit
),

officers as (
    select
        count(*) - count(distinct split_part(o.uid, '.', 1)) as same_uid,
        count(r.uid) as on_roster,
        count(*) filter (where r.uid is null and coalesce(o.current_rank, o.current_unit) is null) as no_role
    from etl.officers as o
    left join rostered as r
        on split_part(o.uid, '.', 1) = r.uid
),

roster_2017_04 as (
    select
        count(*) - count(r.uid) as no_uid,
        count(r.uid) - count(distinct r.uid) as same_uid,
        count(r.uid) - count(r.uid) filter (where r.gender <> coalesce(o.gender, '')) as same_gender,
        count(*) filter (where r.rank_no = 'UNK') as no_number,
        count(nullif(r.rank_no, 'UNK')) - count(distinct nullif(r.rank_no, 'UNK')) as same_number
    from etl.roster_2017_04 as r
    left join etl.officers as o
        on split_part(r.uid, '.', 1) = split_part(o.uid, '.', 1)
),

roster_2018_03 as (
    select
        count(*) - count(r.uid) as no_uid,
        count(r.uid) - count(distinct r.uid) as same_uid,
        count(r.uid) - count(r.uid) filter (where r.gender <> coalesce(o.gender, '')) as same_gender,
        count(*) filter (where r.rank_no = 'UNK') as no_number,
        count(nullif(r.rank_no, 'UNK'))
        - count(distinct nullif(r.rank_no, 'UNK')) filter (where n.rank_no is null) as same_number
    from etl.roster_2018_03 as r
    left join etl.officers as o
        on split_part(r.uid, '.', 1) = split_part(o.uid, '.', 1)
    left join numbered as n
        on r.rank_no = n.rank_no
),

spells as (
    select
        uid,
        unit,
        unit_start_date,
        coalesce(unit_end_date::date - unit_start_date::date, 0) as days
    from etl.unit_history
),

unit_history as (
    select
        count(*) filter (where unit is null) as no_unit,
        count(*) filter (where unit is not null and days < -1) as ends_before,
        count(*) filter (where unit is not null and days = -1) as no_day,
        count(*) filter (where unit is not null and days > -1)
        - count(distinct concat(uid, '/', unit, '/', unit_start_date) collate "C") filter (
            where unit is not null and days > -1
        ) as same_spell
    from spells
),

pay_years as (
    select
        pay_grade,
        rank || pay_grade as pay,
        lag(rank || pay_grade) over (
            partition by
                uid collate "C",
                pay_grade is null
            order by year collate "C"
        ) as pay_before
    from etl.salary
),

salary as (
    select
        count(*) filter (where pay_grade is null) as no_grade,
        count(*) filter (where pay_grade is not null and pay = pay_before) as same_pay
    from pay_years
),

by_key as (
    select
        officer_key,
        min(uid) as uid,
        count(*) as holders
    from etl.officers
    group by officer_key
),

by_key_nb as (
    select
        officer_key_nb,
        min(uid) as uid,
        count(*) as holders
    from etl.officers
    group by officer_key_nb
),

award_officers as (
    select
        a.award_id,
        a.current_award_status = 'FINAL' as final,
        coalesce(by_key.holders, by_key_nb.holders, 0) as holders,
        case
            when by_key.holders = 1
                then by_key.uid
            when by_key_nb.holders = 1
                then by_key_nb.uid
        end as uid
    from etl.awards as a
    left join by_key
        on a.officer_key = by_key.officer_key
    left join by_key_nb
        on a.officer_key_nb = by_key_nb.officer_key_nb
),

awards as (
    select
        count(*) filter (where not final) as not_final,
        count(*) filter (where final and uid is null and holders = 0) as no_officer,
        count(*) filter (where final and uid is null and holders > 0) as shared_key,
        count(*) filter (where final and uid is not null)
        - count(distinct concat(award_id, '/', uid) collate "C") filter (where final and uid is not null) as same_award
    from award_officers
),

roster_numbers as (
    select distinct rank_no
    from etl.roster_2017_04
),

award_numbers as (
    select
        count(*) filter (where a.rank like 'UNK-%') as no_number,
        count(*) filter (where a.rank not like 'UNK-%') - count(distinct split_part(a.rank, '-', 1)) filter (
            where a.rank not like 'UNK-%' and r.rank_no is null
        ) as same_number
    from etl.awards as a
    left join roster_numbers as r
        on split_part(a.rank, '-', 1) = r.rank_no
),

complaint_accused as (
    select
        count(*) - count(distinct concat(a.cr_id, '/', split_part(a.uid, '.', 1)) collate "C") as same_pair,
        count(*) filter (
            where a.final_finding is null and coalesce(a.final_outcome, 'Unknown') = 'Unknown' and i.cr_id is null
        ) as no_sign
    from etl.complaint_accused as a
    left join investigated as i
        on a.cr_id = i.cr_id
),

complaints as (
    select
        count(a.cr_id) as accused,
        count(*) filter (where a.cr_id is null and i.cr_id is null) as no_sign,
        count(*) filter (where btrim(concat(c.full_address, c.add2)) = '') as no_street,
        count(*) filter (where c.full_address = 'UNKNOWN') as unknown_street
    from etl.complaints as c
    left join accused as a
        on c.cr_id = a.cr_id
    left join investigated as i
        on c.cr_id = i.cr_id
),

complaint_details as (
    select count(*) filter (where btrim(concat(street_name)) = '') as no_street
    from etl.complaint_details
),

complainants as (
    select
        count(*) - count(c.cr_id) as orphan,
        count(c.cr_id)
        - count(distinct concat(c.cr_id, '/', p.birth_year, '/', p.age, '/', p.gender, p.race) collate "C") filter (
            where c.cr_id is not null
        ) as same_person
    from etl.complaint_complainants as p
    left join etl.complaints as c
        on p.cr_id = c.cr_id
),

victims as (
    select
        count(*) - count(c.cr_id) as orphan,
        count(c.cr_id)
        - count(distinct concat(c.cr_id, '/', p.birth_year, '/', p.age, '/', p.gender, p.race) collate "C") filter (
            where c.cr_id is not null
        ) as same_person
    from etl.complaint_victims as p
    left join etl.complaints as c
        on p.cr_id = c.cr_id
),

investigators as (
    select
        count(uid) as officer,
        count(*) - count(uid) - count(distinct investigator_id) filter (where uid is null) as same_person
    from etl.complaint_investigators
),

discharged as (
    select distinct trr_id
    from etl.trr_weapon_discharges
    where
        weapon_type like 'TASER%'
        or (weapon_type_description ~ 'TASER|CONTACT STUN' and weapon_type_description !~ 'SPARK')
),

trr_main as (
    select
        count(*) filter (where m.beat = '0') as no_beat,
        count(*) filter (where m.beat <> '0' and u.unit is null) as no_district,
        count(u.unit) - count(distinct m.beat) filter (where u.unit is not null) as same_beat,
        count(*) filter (where m.taser <> '1' and t.trr_id is null) as no_taser,
        count(*) filter (where m.taser <> '1' and t.trr_id is not null) as not_flagged
    from etl.trr_main as m
    left join etl.units as u
        on m.beat::int / 100 = u.unit::int and u.description_roster_2017_04 like 'DISTRICT 0%'
    left join discharged as t
        on m.trr_id = t.trr_id
),

trr_officers as (
    select
        count(*) - count(uid) as no_uid,
        count(uid) - count(*) filter (where uid is not null and rank is not null) as no_rank,
        count(*) filter (where uid is not null and rank is not null)
        - count(distinct concat(uid, '/', rank) collate "C") filter (
            where uid is not null and rank is not null
        ) as same_rank,
        count(*) filter (where injured <> 'Yes') as not_injured
    from etl.trr_officers
),

trr_statuses as (
    select
        count(*) - count(m.trr_id) as no_report,
        count(m.trr_id) filter (where s.status <> 'SUBMITTED') as later_step,
        count(m.trr_id) filter (where s.status = 'SUBMITTED') as submitted
    from etl.trr_statuses as s
    left join etl.trr_main as m
        on s.trr_id = m.trr_id
),

trr_weapon_discharges as (
    select
        count(*) as read,
        count(*) filter (
            where weapon_type like 'TASER%'
            or (weapon_type_description ~ 'TASER|CONTACT STUN' and weapon_type_description !~ 'SPARK')
        ) as taser
    from etl.trr_weapon_discharges
),

kept (target_table, source_table, row_count) as (
    select
        'officers_hub',
        'officers',
        count(*)
    from staging.officers_hub
    union all
    select
        'officer_characteristics',
        case last_modified
            when '2017-04-01'
                then 'roster_2017_04'
            when '2018-03-01'
                then 'roster_2018_03'
            else 'officers'
        end as source_name,
        count(*)
    from staging.officer_characteristics
    group by source_name
    union all
    select
        'police_groups',
        case
            when parent_police_group_id is null
                then 'the department'
            when police_group_description = 'Not in the list of units'
                then 'unit numbers in use'
            else 'units'
        end as source_name,
        count(*)
    from staging.police_groups
    group by source_name
    union all
    select
        'patrol_divisions',
        'trr_main',
        count(*)
    from staging.patrol_divisions
    union all
    select
        'organization_chart',
        case
            when r.rank_no is not null
                then 'roster_2017_04'
            when o.title is not null
                then 'awards'
            else 'roster_2018_03'
        end as source_name,
        count(*)
    from staging.organization_chart as o
    left join roster_numbers as r on lpad(o.job_id::text, 4, '0') = r.rank_no
    group by source_name
    union all
    select
        'officer_roles',
        case
            when paygrade_raw is not null
                then 'salary'
            when sworn_flag is not null
                then 'roster_2018_03'
            when duty_status_code is not null
                then 'roster_2017_04'
            when job_title is null
                then 'unit_history'
            when job_start_date is null
                then 'officers'
            else 'trr_officers'
        end as source_name,
        count(*)
    from staging.officer_roles
    group by source_name
    union all
    select
        'people',
        source,
        count(*)
    from staging.people
    group by source
    union all
    select
        'addresses',
        split_part(department_defined_reference_id, '/', 1) as source_name,
        count(*)
    from staging.addresses
    group by source_name
    union all
    select
        'events_hub',
        case
            when t.value = 'Use of force'
                then 'trr_main'
            when t.value = 'Compliment'
                then 'awards'
            when e.officer_id is null
                then 'complaints'
            else 'complaint_accused'
        end as source_name,
        count(*)
    from staging.events_hub as e
    inner join staging.lookup_event_types as t on e.event_type_code = t.code
    group by source_name
    union all
    select
        'incidents',
        department_source_table,
        count(*)
    from staging.incidents
    group by department_source_table
    union all
    select
        'complaints',
        case
            when officer_id is null
                then 'complaints'
            else 'complaint_accused'
        end as source_name,
        count(*)
    from staging.complaints
    group by source_name
    union all
    select
        'internal_affairs_investigations',
        incidents.department_source_table,
        count(*)
    from staging.internal_affairs_investigations as cases
    inner join staging.incidents on cases.event_id = incidents.event_id
    group by incidents.department_source_table
    union all
    select
        'use_of_force',
        'trr_main',
        count(*)
    from staging.use_of_force
    union all
    select
        'taser_used',
        'trr_main',
        count(*)
    from staging.taser_used
    union all
    select
        'officer_compliments',
        'awards',
        count(*)
    from staging.officer_compliments
    union all
    select
        'officer_injury',
        'trr_officers',
        count(*)
    from staging.officer_injury
),

sources (source_table, row_count) as (
    values
    ('awards', (select count(*) from etl.awards)),
    ('complaint_accused', (select count(*) from etl.complaint_accused)),
    ('complaint_complainants', (select count(*) from etl.complaint_complainants)),
    ('complaint_details', (select count(*) from etl.complaint_details)),
    ('complaint_investigators', (select count(*) from etl.complaint_investigators)),
    ('complaint_victims', (select count(*) from etl.complaint_victims)),
    ('complaints', (select count(*) from etl.complaints)),
    ('officers', (select count(*) from etl.officers)),
    ('roster_2017_04', (select count(*) from etl.roster_2017_04)),
    ('roster_2018_03', (select count(*) from etl.roster_2018_03)),
    ('salary', (select count(*) from etl.salary)),
    ('trr_actions_responses', (select count(*) from etl.trr_actions_responses)),
    ('trr_main', (select count(*) from etl.trr_main)),
    ('trr_officers', (select count(*) from etl.trr_officers)),
    ('trr_statuses', (select count(*) from etl.trr_statuses)),
    ('trr_subject_weapons', (select count(*) from etl.trr_subject_weapons)),
    ('trr_subjects', (select count(*) from etl.trr_subjects)),
    ('trr_weapon_discharges', (select count(*) from etl.trr_weapon_discharges)),
    ('unit_history', (select count(*) from etl.unit_history)),
    ('units', (select count(*) from etl.units)),
    ('the department', 1),
    ('unit numbers in use', (select read from unit_numbers))
),

folded (target_table, source_table, reason, row_count) as (
    select
        'incidents',
        'complaint_details',
        'merged: into the rows of its complaint',
        count(*)
    from etl.complaint_details as s
    inner join etl.complaints as m on s.cr_id = m.cr_id
    union all
    select
        'incidents',
        'complaint_investigators',
        'merged: into the rows of its complaint',
        count(*)
    from etl.complaint_investigators as s
    inner join etl.complaints as m on s.cr_id = m.cr_id
    union all
    select
        'use_of_force',
        'trr_subjects',
        'merged: into the row of its report',
        count(*)
    from etl.trr_subjects as s
    inner join etl.trr_main as m on s.trr_id = m.trr_id
    union all
    select
        'use_of_force',
        'trr_actions_responses',
        'merged: into the row of its report',
        count(*)
    from etl.trr_actions_responses as s
    inner join etl.trr_main as m on s.trr_id = m.trr_id
    union all
    select
        'use_of_force',
        'trr_subject_weapons',
        'merged: into the row of its report',
        count(*)
    from etl.trr_subject_weapons as s
    inner join etl.trr_main as m on s.trr_id = m.trr_id
    union all
    select
        'use_of_force',
        'trr_weapon_discharges',
        'merged: into the row of its report',
        count(*)
    from etl.trr_weapon_discharges as s
    inner join etl.trr_main as m on s.trr_id = m.trr_id
),

counted (target_table, source_table, reason, row_count) as (
    values
    ('officers_hub', 'officers', 'merged: the same uid again', (select same_uid from officers)),
    ('officer_characteristics', 'officers', 'merged: the same uid again', (select same_uid from officers)),
    ('officer_characteristics', 'roster_2017_04', 'dropped: no uid', (select no_uid from roster_2017_04)),
    (
        'officer_characteristics', 'roster_2017_04',
        'merged: says what the profile says, or nothing', (select same_gender from roster_2017_04)
    ),
    ('officer_characteristics', 'roster_2018_03', 'dropped: no uid', (select no_uid from roster_2018_03)),
    (
        'officer_characteristics', 'roster_2018_03',
        'merged: says what the profile says, or nothing', (select same_gender from roster_2018_03)
    ),
    (
        'police_groups', 'units',
        'merged: a further name of a unit number', (select count(*) - count(distinct unit) from etl.units)
    ),
    ('police_groups', 'unit numbers in use', 'merged: is in units', (select listed from unit_numbers)),
    ('patrol_divisions', 'trr_main', 'dropped: beat 0, unknown', (select no_beat from trr_main)),
    ('patrol_divisions', 'trr_main', 'dropped: a beat of no district', (select no_district from trr_main)),
    ('patrol_divisions', 'trr_main', 'merged: a beat that is there already', (select same_beat from trr_main)),
    ('organization_chart', 'roster_2017_04', 'dropped: number UNK', (select no_number from roster_2017_04)),
    (
        'organization_chart', 'roster_2017_04',
        'merged: a position that is there already', (select same_number from roster_2017_04)
    ),
    ('organization_chart', 'awards', 'dropped: number UNK', (select no_number from award_numbers)),
    (
        'organization_chart', 'awards',
        'merged: a position that is there already', (select same_number from award_numbers)
    ),
    ('organization_chart', 'roster_2018_03', 'dropped: number UNK', (select no_number from roster_2018_03)),
    (
        'organization_chart', 'roster_2018_03',
        'merged: a position that is there already', (select same_number from roster_2018_03)
    ),
    ('officer_roles', 'unit_history', 'dropped: no unit', (select no_unit from unit_history)),
    (
        'officer_roles', 'unit_history',
        'dropped: ends more than a day before it starts', (select ends_before from unit_history)
    ),
    ('officer_roles', 'unit_history', 'dropped: ends the day before it starts', (select no_day from unit_history)),
    (
        'officer_roles', 'unit_history',
        'merged: the same officer, unit and start again', (select same_spell from unit_history)
    ),
    ('officer_roles', 'salary', 'dropped: no pay grade', (select no_grade from salary)),
    ('officer_roles', 'salary', 'merged: rank and pay grade of the year before', (select same_pay from salary)),
    ('officer_roles', 'roster_2017_04', 'dropped: no uid', (select no_uid from roster_2017_04)),
    ('officer_roles', 'roster_2017_04', 'merged: the same uid again', (select same_uid from roster_2017_04)),
    ('officer_roles', 'roster_2018_03', 'dropped: no uid', (select no_uid from roster_2018_03)),
    ('officer_roles', 'roster_2018_03', 'merged: the same uid again', (select same_uid from roster_2018_03)),
    ('officer_roles', 'trr_officers', 'dropped: no uid', (select no_uid from trr_officers)),
    ('officer_roles', 'trr_officers', 'dropped: no rank', (select no_rank from trr_officers)),
    ('officer_roles', 'trr_officers', 'merged: a later report in the same rank', (select same_rank from trr_officers)),
    ('officer_roles', 'officers', 'merged: a roster has the officer', (select on_roster from officers)),
    ('officer_roles', 'officers', 'dropped: neither rank nor unit', (select no_role from officers)),
    ('people', 'officers', 'merged: the same uid again', (select same_uid from officers)),
    (
        'people', 'trr_subjects',
        'merged: a further report on the same subject',
        (select count(*) - count(distinct subject_id) from etl.trr_subjects)
    ),
    ('people', 'complaint_complainants', 'dropped: no such complaint', (select orphan from complainants)),
    (
        'people', 'complaint_complainants',
        'merged: an equal row of the same complaint', (select same_person from complainants)
    ),
    ('people', 'complaint_victims', 'dropped: no such complaint', (select orphan from victims)),
    ('people', 'complaint_victims', 'merged: an equal row of the same complaint', (select same_person from victims)),
    ('people', 'complaint_investigators', 'merged: is there as an officer', (select officer from investigators)),
    (
        'people', 'complaint_investigators',
        'merged: a further case of the same investigator', (select same_person from investigators)
    ),
    ('addresses', 'complaint_details', 'dropped: no street', (select no_street from complaint_details)),
    ('addresses', 'complaints', 'dropped: no street', (select no_street from complaints)),
    ('addresses', 'complaints', 'dropped: says UNKNOWN', (select unknown_street from complaints)),
    (
        'events_hub', 'complaint_accused',
        'merged: the same officer and complaint again', (select same_pair from complaint_accused)
    ),
    ('events_hub', 'complaints', 'merged: its accusations are the rows', (select accused from complaints)),
    ('complaints', 'complaints', 'merged: its accusations are the rows', (select accused from complaints)),
    ('incidents', 'complaints', 'merged: its accusations are the rows', (select accused from complaints)),
    (
        'internal_affairs_investigations', 'complaints',
        'merged: its accusations are the rows', (select accused from complaints)
    ),
    ('internal_affairs_investigations', 'complaints', 'dropped: no investigator', (select no_sign from complaints)),
    (
        'internal_affairs_investigations', 'complaint_accused',
        'dropped: no finding, no outcome, no investigator', (select no_sign from complaint_accused)
    ),
    ('events_hub', 'awards', 'dropped: not FINAL', (select not_final from awards)),
    ('events_hub', 'awards', 'dropped: several officers have the key', (select shared_key from awards)),
    ('events_hub', 'awards', 'dropped: no officer has the key', (select no_officer from awards)),
    ('events_hub', 'awards', 'merged: the same officer and award again', (select same_award from awards)),
    ('officer_compliments', 'awards', 'dropped: not FINAL', (select not_final from awards)),
    ('officer_compliments', 'awards', 'dropped: several officers have the key', (select shared_key from awards)),
    ('officer_compliments', 'awards', 'dropped: no officer has the key', (select no_officer from awards)),
    ('officer_compliments', 'awards', 'merged: the same officer and award again', (select same_award from awards)),
    ('incidents', 'trr_statuses', 'merged: into the row of its report', (select submitted from trr_statuses)),
    ('incidents', 'trr_statuses', 'dropped: a review or approval', (select later_step from trr_statuses)),
    ('incidents', 'trr_statuses', 'dropped: no such report', (select no_report from trr_statuses)),
    ('taser_used', 'trr_main', 'dropped: no taser discharged', (select no_taser from trr_main)),
    (
        'taser_used', 'trr_weapon_discharges',
        'merged: into the row of its report', (select taser from trr_weapon_discharges)
    ),
    (
        'taser_used', 'trr_weapon_discharges',
        'dropped: another weapon, or only shown', (select read - taser from trr_weapon_discharges)
    ),
    ('officer_injury', 'trr_officers', 'dropped: not injured', (select not_injured from trr_officers))
),

left_out as (
    select
        target_table,
        source_table,
        reason,
        row_count
    from counted

    union all

    select
        target_table,
        source_table,
        reason,
        row_count
    from folded
),

pairs as (
    select
        target_table,
        source_table
    from kept

    union

    select
        target_table,
        source_table
    from left_out
),

balanced (target_table, source_table, outcome, reason, row_count) as (
    select
        pairs.target_table,
        pairs.source_table,
        'read',
        null,
        sources.row_count
    from pairs
    left join sources
        on pairs.source_table = sources.source_table

    union all

    select
        target_table,
        source_table,
        'kept',
        null,
        row_count
    from kept

    union all

    select
        target_table,
        source_table,
        'left out',
        reason,
        row_count
    from left_out

    union all

    select
        'addresses',
        sources.source_table,
        'left out',
        'merged: a place that is there already',
        sources.row_count - kept.row_count - coalesce(sum(left_out.row_count), 0)
    from sources
    inner join kept
        on sources.source_table = kept.source_table and kept.target_table = 'addresses'
    left join left_out
        on sources.source_table = left_out.source_table and left_out.target_table = 'addresses'
    group by
        sources.source_table,
        sources.row_count,
        kept.row_count
)

select
    target_table,
    source_table,
    outcome,
    reason,
    row_count
from balanced

union all

select
    target_table,
    source_table,
    'balance',
    'rows read less rows kept less rows left out',
    sum(case outcome when 'read' then row_count else -row_count end)
from balanced
group by
    target_table,
    source_table;
