-- Personnel: employees, their badges, assignments, training and outside work.

-- The roster holds one row per employee, a second, older one for three in a hundred, and three
-- rows that somebody typed to test the system.
create table etl.hr_employees as
with roster as (
    select
        o as row_id,
        o as officer,
        0 as older
    from generate_series(1, etl.officers()) as o
    union all
    select
        (select etl.officers()) + o,
        o,
        1
    from generate_series(1, etl.officers()) as o
    where etl.roll(o, 1, 33) = 0
)

select
    row_id,
    etl.employee_no(officer) as employee_no,
    etl.smudge(row_id, 1, etl.pick(
        officer,
        2,
        '{Smith,Johnson,Williams,Brown,Jones,Garcia,Miller,Davis,Rodriguez,Martinez,'
        'Nguyen,Kim,O''Brien,De la Cruz,Washington,Novak}'
    )) as last_name,
    etl.pick(
        officer,
        3,
        '{James,Mary,John,Patricia,Robert,Jennifer,Michael,Linda,Ana,Luis,Wei,Fatima,'
        'Jo-Ann,Dmitri,Aisha,Noor}'
    ) as first_name,
    etl.pick(officer, 4, '{A.,B,C.,"",J,"",M.,"",R}') as middle_name,
    etl.pick(officer, 5, '{"","","","","","","","",Jr.,jr,III,Sr}') as name_suffix,
    etl.pick(officer, 6, '{Mr.,Ms.,MR,MS,Mrs.,"",""}') as title,
    etl.written_day(row_id, 7, date '1955-01-01' + etl.roll(officer, 7, 14000)) as birth_date,
    etl.written_day(row_id, 8, date '1994-01-01' + etl.roll(officer, 8, 8200)) as hire_date,
    etl.pick(
        officer,
        9,
        '{W,White,WHITE,white,B,Black,BLK,African American,H,Asian,A,Native American,'
        'Pacific Islander,Two or more,"",n/a}'
    ) as race,
    etl.pick(officer, 10, '{Non-Hispanic,NON HISPANIC,N,Hispanic,H,hispanic ,U,""}') as ethnicity,
    etl.pick(officer, 11, '{M,Male,MALE,M,M,F,Female,f,"",U}') as gender,
    etl.pick(
        officer,
        12,
        '{"Springfield, IL","CHARLOTTE, NC","Gary, in","Chicago,IL","San Juan, PR",'
        'Lagos,"","Nashville,  TN"}'
    ) as birth_place,
    case etl.roll(officer, 13, 3)
        when 0 then (60 + etl.roll(officer, 14, 18)) || ' in'
        when 1 then 5 || '''' || etl.roll(officer, 14, 12) || '"'
        else (60 + etl.roll(officer, 14, 18))::text
    end as height,
    case
        when etl.roll(officer, 15, 30) = 0 then ''
        when etl.roll(officer, 15, 30) < 5 then (120 + etl.roll(officer, 16, 140)) || ' lbs'
        else (120 + etl.roll(officer, 16, 140)) || '.0'
    end as weight,
    etl.pick(officer, 17, '{Y,N,N,No,Yes,"",N,n}') as military_service,
    etl.pick(
        officer,
        18,
        '{HS,High School,Associate,AA,Bachelor,BA,B.S.,Some College,Master,MA,"",'
        'Doctorate}'
    ) as education,
    (1 + etl.roll(officer, 27, 6))::text as field_of_study,
    etl.pick(
        officer,
        19,
        '{S,Single,M,Married,MARRIED,D,Divorced,W,Widowed,Sep.,"",Domestic Partner}'
    ) as marital_status,
    etl.pick(officer, 20, '{0,1,2,2.0,3,none,"",4,1.0}') as children,
    etl.smudge(row_id, 21, (100 + etl.roll(officer, 21, 9800)) || ' ' || etl.pick(
        officer, 22, '{N Oak St,S Elm Ave,Maple Drive,Cedar Ln,W 5th St,Lake Shore Rd}'
    ) || ', Springfield, IL ' || (62701 + etl.roll(officer, 23, 9))) as home_address,
    case
        when etl.roll(officer, 24, 4) > 0 then round(etl.roll(officer, 25, 400) / 10.0, 1)::text
    end as commute_miles,
    timestamp '2018-12-31 02:00:00' - make_interval(days => 400 * older + etl.roll(officer, 26, 300)) as updated_at
from roster
union all
select
    2 * (select etl.officers()) + t,
    'TEST' || t,
    'Test',
    'Test',
    '',
    '',
    '',
    '01/01/1900',
    '01/01/1900',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    null,
    timestamp '2018-01-01 00:00:00'
from generate_series(1, 3) as t;

-- Which badge is whose: personnel knows employees by number, radio room and records by badge.
create table etl.hr_badges as
select
    o as row_id,
    etl.employee_no(o) as employee_no,
    (1000 + o)::text as badge_no,
    to_char(date '2010-01-01' + etl.roll(o, 30, 2500), 'YYYY-MM-DD') as issued_on
from generate_series(1, etl.officers()) as o
where o % 50 <> 49
union all
select
    (select etl.officers()) + o,
    etl.employee_no(o),
    (50000 + o)::text,
    '2009-06-01'
from generate_series(1, etl.officers()) as o
where
    o % 20 = 3
    and o % 50 <> 49;

-- Where and as what each employee has served: one to three spells, one row in fifty repeated.
create table etl.hr_assignments as
with spells as (
    select
        o,
        s,
        o * 4 + s as row_id
    from generate_series(1, etl.officers()) as o
    cross join generate_series(0, 2) as s
    where s <= etl.roll(o, 40, 3)
)

select
    row_id + 4 * (select etl.officers()) * again as row_id,
    etl.written_employee(row_id, 40, o) as employee_no,
    etl.written_day(row_id, 41, date '2003-01-01' + 1800 * s + etl.roll(o, 41, 1500)) as started_on,
    etl.pick(
        o * 3 + s / 2,
        42,
        '{P.O.,Police Officer,PO,police officer,Ofc.,POLICE OFFICER (FTO),Det.,'
        'Detective,Sgt,SERGEANT,Sgt. of Police,Lt.,Lieutenant,Capt.,Recruit,'
        'Police Officer}'
    ) as rank,
    (1 + etl.roll(o * 4 + s, 43, 24))::text as job_no,
    etl.pick(
        row_id,
        44,
        '{Unit 1,DISTRICT 002,3,4.0,Dist. 5,006,Central Div.,CENTRAL DIVISION,'
        'North Division,Unit 7,District 8,Traffic,traffic unit}'
    ) as unit,
    (1 + etl.roll(row_id, 45, 12))::text as beat,
    etl.pick(
        row_id,
        46,
        '{A,Active,ACTIVE,active ,Active,Leave,On Leave,Suspended,Light Duty,Retired,""}'
    ) as status,
    'P' || (1 + etl.roll(row_id, 47, 9)) as pay_grade,
    etl.pick(row_id, 48, '{Y,Y,Y,Y,Y,Yes,1,N}') as sworn,
    etl.pick(row_id, 49, '{BID,BID,TRANSFER,"",NONE}') as moved_by
from spells
cross join generate_series(0, 1) as again
where
    again = 0
    or etl.roll(row_id, 50, 50) = 0;

-- Jobs and who reports to whom.
create table etl.hr_jobs as
select
    j as job_no,
    case
        when j > 1 then 1 + (j - 2) / 3
    end as reports_to,
    etl.pick(j, 60, '{Patrol,Investigations,Traffic,Administration,Internal Affairs}') as department,
    case
        when j = 1 then 'Chief of Police'
        when j <= 4 then 'Deputy Chief'
        when j <= 13 then 'Captain'
        else 'Officer'
    end as title
from generate_series(1, 24) as j;

create table etl.hr_trainings as
select
    t as row_id,
    t as training_no,
    etl.written_employee(t, 80, 1 + (t - 1) / 4) as employee_no,
    etl.pick(
        t,
        81,
        '{Firearms,FIREARMS,De-escalation,Crisis Intervention,CIT,Driving,First Aid,'
        'Use of Force,""}'
    ) as course,
    etl.written_day(t, 82, date '2017-01-01' + etl.roll(t, 82, 720)) as started_on,
    etl.roll(t, 83, 5) as days,
    case
        when etl.roll(t, 84, 12) > 0 then (50 + etl.roll(t, 85, 51))::text
        else 'n/a'
    end as score,
    etl.pick(t, 86, '{P,Pass,PASS,P,P,F,Fail,""}') as result
from generate_series(1, 4 * etl.officers()) as t;

create table etl.hr_outside_jobs as
select
    j as row_id,
    etl.written_employee(j, 90, 1 + etl.roll(j, 90, (select etl.officers()))) as employee_no,
    etl.pick(
        j,
        91,
        '{Security,security guard,Construction Site,Sporting Event,Concert,School,'
        'Church,Retail,Bank,other,""}'
    ) as job,
    etl.written_time(j, 92, timestamp '2017-01-01 18:00:00' + make_interval(days => etl.roll(j, 92, 720))) as worked_at,
    (2 + etl.roll(j, 93, 16) / 2.0)::text as hours,
    '$' || (20 + etl.roll(j, 94, 40)) || '.00' as hourly_rate,
    etl.pick(j, 95, '{Y,N,Y,"",yes}') as in_uniform,
    'A' || (1 + etl.roll(j, 96, (select etl.sized(20000)))) as address_ref
from generate_series(1, etl.sized(5000)) as j;
