-- The records system: persons, arrests, charges, stops, field interviews, reports, use of force
-- and injuries. It knows officers by badge and writes everything as text. One row in a hundred
-- was submitted twice under the same number.

create table etl.rms_persons as
select
    p as row_id,
    'P' || p as person_ref,
    etl.smudge(p, 400, etl.pick(
        p, 401, '{Smith,Johnson,Lee,Brown,Jones,Garcia,Miller,Davis,Lopez,Martin,Nguyen,Khan}'
    )) as last_name,
    etl.pick(p, 402, '{James,Mary,John,Pat,Robert,Jen,Mike,Linda,Ana,Luis,Wei,Fatima}') as first_name,
    etl.written_day(p, 403, date '1940-01-01' + etl.roll(p, 403, 23000)) as birth_date,
    etl.pick(p, 404, '{W,White,WHITE,B,Black,BLK,H,Asian,A,Native American,Unknown,"",x}') as race,
    etl.pick(p, 405, '{Non-Hispanic,N,Hispanic,H,U,""}') as ethnicity,
    etl.pick(p, 406, '{M,Male,MALE,F,Female,f,"",U}') as gender,
    case etl.roll(p, 407, 20)
        when 0 then ''
        else (58 + etl.roll(p, 408, 20))::text
    end as height,
    case etl.roll(p, 409, 20)
        when 0 then '0'
        else (100 + etl.roll(p, 410, 180)) || '.0'
    end as weight,
    etl.pick(p, 411, '{BRO,Brown,Black,BLK,Blond,Gray,Bald,Red,""}') as hair,
    etl.pick(p, 412, '{BRO,Brown,Blue,BLU,Green,Hazel,""}') as eyes,
    'A' || (1 + etl.roll(p, 413, (select etl.sized(20000)))) as address_ref
from generate_series(1, etl.sized(150000)) as p;

create table etl.rms_arrests as
with filed as (
    select
        r,
        again,
        1 + etl.roll(r, 420, (select etl.officers())) as o
    from generate_series(1, etl.sized(90000)) as r
    cross join generate_series(0, 1) as again
    where
        again = 0
        or etl.roll(r, 421, 100) = 0
)

select
    r + (select etl.sized(90000)) * again as row_id,
    'AR-' || lpad(r::text, 7, '0') as arrest_no,
    etl.written_badge(r, 422, o) as badge_no,
    case
        when etl.roll(r, 423, 3) > 0
            then 'C' || lpad((1 + etl.roll(r, 424, (select etl.sized(545000))))::text, 8, '0')
    end as call_no,
    case etl.roll(r, 425, 400)
        when 0 then '99/99/9999'
        else etl.written_time(r, 425, etl.event_time(r, 425, o))
    end as arrested_at,
    etl.written_time(
        r,
        426,
        etl.event_time(r, 425, o) + make_interval(mins => 40 + etl.roll(r, 426, 200))
    ) as booked_at,
    etl.pick(r, 427, '{On View,ON VIEW,Warrant,warrant,Summons,Cited,""}') as arrest_type,
    etl.pick(r, 428, '{Booked,BOOKED,Released,Cited,Pending,""}') as status,
    'P' || (1 + etl.roll(r, 429, (select etl.sized(150000)))) as person_ref,
    etl.pick(r, 430, '{090A,120,13B,23F,35A,90D,220,999,"",13A}') as offense,
    etl.pick(r, 431, '{F,M,M,M,I}') as offense_class,
    etl.pick(r, 432, '{Y,N,N,N,""}') as drugs,
    etl.pick(r, 433, '{N,N,N,N,N,N,N,Y}') as stolen_vehicle,
    etl.pick(r, 434, '{N,N,N,N,N,N,n,N,Y,""}') as resisted,
    etl.pick(r, 435, '{N,N,N,N,N,N,n,N,N,N,N,N,N,N,N,N,N,N,N,Y}') as officer_assaulted,
    'A' || (1 + etl.roll(r, 436, (select etl.sized(20000)))) as address_ref,
    case
        when etl.roll(r, 437, 3) = 0
            then etl.written_badge(r, 438, 1 + etl.roll(r, 437, (select etl.officers())))
    end as assisting_badge_no,
    case
        when etl.roll(r, 439, 4) = 0
            then etl.written_badge(r, 440, 1 + etl.roll(r, 439, (select etl.officers())))
    end as transporting_badge_no
from filed;

create table etl.rms_charges as
select
    a * 3 + c as row_id,
    'CH-' || a || '-' || c as charge_no,
    'AR-' || lpad(a::text, 7, '0') as arrest_no,
    etl.pick(
        a * 3 + c,
        450,
        '{Assault,ASSAULT,Battery,Theft,Burglary,DUI,Drug Possession,drug possession,'
        'Trespass,Disorderly Conduct,Weapons,""}'
    ) as charge,
    etl.pick(a * 3 + c, 451, '{Y,N,Yes,"",Y,Y}') as accepted_by_magistrate,
    etl.pick(a * 3 + c, 452, '{Guilty,GUILTY,Not Guilty,Dismissed,dismissed,Pending,""}') as ruling
from generate_series(1, etl.sized(90000)) as a
cross join generate_series(0, 2) as c
where c <= etl.roll(a, 453, 3);

create table etl.rms_stops as
with filed as (
    select
        r,
        again,
        1 + etl.roll(r, 460, (select etl.officers())) as o
    from generate_series(1, etl.sized(190000)) as r
    cross join generate_series(0, 1) as again
    where
        again = 0
        or etl.roll(r, 461, 100) = 0
)

select
    r + (select etl.sized(190000)) * again as row_id,
    'TS' || r as stop_no,
    etl.written_badge(r, 462, o) as badge_no,
    etl.written_time(r, 463, etl.event_time(r, 463, o)) as stopped_at,
    etl.pick(
        r,
        464,
        '{Speeding,SPEEDING,Equipment,Registration,DUI,Seat Belt,Checkpoint,"",'
        'Investigation}'
    ) as reason,
    etl.pick(r, 465, '{Warning,WARNING,Verbal Warning,Citation,Citation,Arrest,No Action,""}') as outcome,
    'P' || (1 + etl.roll(r, 466, (select etl.sized(150000)))) as person_ref,
    etl.pick(r, 467, '{IL,IL,IL,il,IN,MO,Illinois,""}') as plate_state,
    etl.pick(r, 468, '{Y,Y,Y,Y,N}') as driver,
    etl.pick(r, 469, '{N,N,N,N,N,N,N,N,Y,""}') as consent_asked,
    etl.pick(r, 470, '{N,N,N,N,N,N,N,Y}') as searched,
    etl.pick(
        r,
        471,
        '{Consent,Probable Cause,probable cause,Warrant,Incident to Arrest,""}'
    ) as search_reason,
    etl.pick(r, 472, '{Marijuana,Cocaine,cocaine,Heroin,Meth,Other,""}') as drug,
    'A' || (1 + etl.roll(r, 473, (select etl.sized(20000)))) as address_ref,
    etl.pick(r, 474, '{Sedan,SUV,Truck,Van,Motorcycle,""}') as vehicle
from filed;

create table etl.rms_field_interviews as
with filed as (
    select
        r,
        again,
        1 + etl.roll(r, 480, (select etl.officers())) as o
    from generate_series(1, etl.sized(60000)) as r
    cross join generate_series(0, 1) as again
    where
        again = 0
        or etl.roll(r, 481, 100) = 0
)

select
    r + (select etl.sized(60000)) * again as row_id,
    'FI' || r as interview_no,
    etl.written_badge(r, 482, o) as badge_no,
    etl.written_time(r, 483, etl.event_time(r, 483, o)) as interviewed_at,
    etl.pick(r, 484, '{On Foot,Pedestrian,PEDESTRIAN,Vehicle,Bicycle,Residence,""}') as kind,
    etl.pick(r, 485, '{Released,released,Arrest,Cited,Warned,""}') as outcome,
    'P' || (1 + etl.roll(r, 486, (select etl.sized(150000)))) as person_ref,
    etl.pick(r, 487, '{N,N,N,Y,""}') as searched,
    etl.pick(r, 488, '{Consent,Probable Cause,Frisk,Warrant,""}') as search_reason,
    etl.pick(r, 489, '{"","","","",Marijuana,Cocaine,Heroin}') as drug,
    etl.pick(r, 490, '{"","","","","","",Handgun,Knife,KNIFE}') as weapon
from filed;

create table etl.rms_reports as
with filed as (
    select
        r,
        again,
        1 + etl.roll(r, 500, (select etl.officers())) as o
    from generate_series(1, etl.sized(60000)) as r
    cross join generate_series(0, 1) as again
    where
        again = 0
        or etl.roll(r, 501, 100) = 0
)

select
    r + (select etl.sized(60000)) * again as row_id,
    'RP' || r as report_no,
    etl.written_badge(r, 502, o) as badge_no,
    etl.written_time(r, 503, etl.event_time(r, 503, o)) as written_at,
    etl.pick(r, 504, '{Incident,INCIDENT,Supplement,Crash,Missing Person,Property,""}') as kind,
    case etl.roll(r, 505, 40)
        when 0 then 'IA-' || lpad((1 + etl.roll(r, 506, (select etl.sized(12000))))::text, 6, '0')
    end as complaint_no,
    etl.pick(r, 507, '{Y,N,Yes,""}') as in_person,
    etl.pick(r, 508, '{N,N,N,Y}') as traffic_stop,
    etl.pick(r, 509, '{Took report.,See supplement.,"Spoke with complainant. ",""}') as narrative
from filed;

create table etl.rms_force as
with filed as (
    select
        r,
        again,
        1 + etl.roll(r, 520, (select etl.officers())) as o
    from generate_series(1, etl.sized(15000)) as r
    cross join generate_series(0, 1) as again
    where
        again = 0
        or etl.roll(r, 521, 100) = 0
)

select
    r + (select etl.sized(15000)) * again as row_id,
    'UF' || r as force_no,
    etl.written_badge(r, 522, o) as badge_no,
    etl.written_time(r, 523, etl.event_time(r, 523, o)) as used_at,
    etl.pick(r, 524, '{Physical,PHYSICAL,Hands,Taser,TASER,taser ,OC Spray,Baton,Firearm,K9,""}') as kind,
    case etl.roll(r, 525, 5)
        when 0 then (1 + etl.roll(r, 526, (select etl.sized(8000))))::text
    end as case_no,
    etl.pick(r, 527, '{Y,N,""}') as resisting,
    etl.pick(r, 528, '{N,N,N,Y}') as injured,
    'P' || (1 + etl.roll(r, 529, (select etl.sized(150000)))) as person_ref,
    case etl.roll(r, 530, 3)
        when 0 then ''
        else etl.roll(r, 531, 9) || '.0'
    end as distance_m,
    etl.pick(r, 532, '{Y,N,""}') as penetrated,
    etl.pick(r, 533, '{1,2,2,2.0,4,""}') as probes,
    etl.pick(r, 534, '{Fled on foot,Fought,Passive,Threatened,""}') as subject_action,
    etl.pick(r, 535, '{None,Scrape,Bruise,"",Refused treatment}') as subject_injury,
    etl.pick(r, 536, '{0,5,10,15.0,"",n/a}') as recovery_minutes
from filed;

create table etl.rms_injuries as
select
    r as row_id,
    'IN' || r as injury_no,
    etl.written_badge(r, 540, 1 + etl.roll(r, 540, (select etl.officers()))) as badge_no,
    etl.written_time(r, 541, etl.event_time(r, 541, 1 + etl.roll(r, 540, (select etl.officers())))) as injured_at,
    etl.pick(r, 542, '{Sprain,Laceration,laceration,Fracture,Bite,Exposure,""}') as kind,
    etl.pick(r, 543, '{During arrest,Fell,Vehicle crash,Training}') as narrative
from generate_series(1, etl.sized(6000)) as r;
