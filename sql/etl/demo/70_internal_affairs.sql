-- Internal affairs: complaints, cases, compliments and the old alert system. It knows officers
-- by employee number.

create table etl.ia_complaints as
select
    r + (select etl.sized(12000)) * again as row_id,
    'IA-' || lpad(r::text, 6, '0') as complaint_no,
    etl.written_employee(r, 600, 1 + etl.roll(r, 600, (select etl.officers()))) as employee_no,
    etl.written_time(r, 601, etl.event_time(r, 601, 1 + etl.roll(r, 600, (select etl.officers())))) as happened_at,
    etl.written_day(
        r,
        602,
        etl.event_time(r, 601, 1 + etl.roll(r, 600, (select etl.officers())))::date + etl.roll(r, 602, 60)
    ) as received_on,
    etl.pick(r, 603, '{Citizen,CITIZEN,Department,Anonymous,anonymous ,""}') as origin,
    etl.pick(
        r,
        604,
        '{Rudeness,Excessive Force,Neglect of Duty,neglect of duty,Unlawful Search,'
        'Driving,""}'
    ) as policy,
    etl.pick(r, 605, '{Y,Y,N,""}') as processed,
    case
        when etl.roll(r, 606, 20) = 0
            then etl.written_employee(r, 607, 1 + etl.roll(r, 606, (select etl.officers())))
    end as accusing_employee_no,
    'P' || (1 + etl.roll(r, 608, (select etl.sized(150000)))) as person_ref,
    etl.pick(
        r,
        609,
        '{Was rude to me.,Searched my car without asking.,Would not take a report.,""}'
    ) as narrative
from generate_series(1, etl.sized(12000)) as r
cross join generate_series(0, 1) as again
where
    again = 0
    or etl.roll(r, 610, 100) = 0;

create table etl.ia_cases as
select
    r + (select etl.sized(8000)) * again as row_id,
    r::text || case etl.roll(r, 620, 3) when 0 then '.0' else '' end as case_no,
    etl.written_employee(r, 621, 1 + etl.roll(r, 621, (select etl.officers()))) as employee_no,
    etl.written_time(r, 622, etl.event_time(r, 622, 1 + etl.roll(r, 621, (select etl.officers())))) as happened_at,
    etl.written_day(
        r,
        623,
        etl.event_time(r, 622, 1 + etl.roll(r, 621, (select etl.officers())))::date + 5
    ) as opened_on,
    etl.written_day(
        r,
        624,
        etl.event_time(r, 622, 1 + etl.roll(r, 621, (select etl.officers())))::date + 30 + etl.roll(r, 624, 200)
    ) as decided_on,
    etl.pick(
        r,
        625,
        '{Use of Force,USE OF FORCE,Accident,Pursuit,pursuit,Rule of Conduct,Injury,'
        'Complaint,""}'
    ) as kind,
    etl.pick(r, 626, '{Courtesy,Report Writing,Vehicle Operation,Use of Force,Attendance,""}') as rule,
    etl.pick(r, 627, '{Internal,INTERNAL,External,""}') as origin,
    1 + etl.roll(r, 628, 3) as allegations,
    etl.pick(
        r,
        629,
        '{Sustained,SUSTAINED,Not Sustained,Unsustained,Exonerated,exonerated,'
        'Unfounded,Justified,Not Justified,Preventable,Not Preventable,""}'
    ) as ruling,
    etl.pick(r, 630, '{None,Counseling,Training,Suspension,suspension,Reprimand,""}') as intervention,
    case etl.roll(r, 631, 8)
        when 0 then (1 + etl.roll(r, 632, 15)) || '.0'
        else ''
    end as days_suspended,
    etl.pick(r, 633, '{"","","",Oral,Written,written}') as reprimand,
    etl.pick(r, 634, '{N,N,N,Y}') as tactics_concern,
    etl.pick(r, 635, '{N,N,N,N,Y}') as safety_concern,
    etl.pick(r, 636, '{N,N,N,N,N,Y}') as communication_concern,
    etl.written_employee(r, 637, 1 + etl.roll(r, 637, (select etl.officers()))) as investigator_no,
    etl.pick(r, 638, '{Reviewed by the board.,Closed after interview.,"  See file",""}') as narrative
from generate_series(1, etl.sized(8000)) as r
cross join generate_series(0, 1) as again
where
    again = 0
    or etl.roll(r, 639, 100) = 0;

create table etl.ia_compliments as
select
    r as row_id,
    'CM' || r as compliment_no,
    etl.written_employee(r, 650, 1 + etl.roll(r, 650, (select etl.officers()))) as employee_no,
    etl.written_time(r, 651, etl.event_time(r, 651, 1 + etl.roll(r, 650, (select etl.officers())))) as happened_at,
    etl.pick(r, 652, '{email,E-mail,Phone,phone ,Letter,In Person,""}') as method,
    etl.pick(r, 653, '{Helped with a flat tire.,Was kind to my mother.,Found my dog.,""}') as synopsis
from generate_series(1, etl.sized(15000)) as r;

create table etl.ia_alerts as
select
    r as row_id,
    'EIS' || r as alert_no,
    etl.written_employee(r, 660, 1 + etl.roll(r, 660, (select etl.officers()))) as employee_no,
    etl.written_time(r, 661, timestamp '2017-02-01 03:00:00' + make_interval(days => etl.roll(r, 661, 690)))
        as raised_at,
    etl.pick(r, 662, '{Use of Force,Complaint,Sick Leave,Accident,Pursuit}') as event,
    3 + etl.roll(r, 663, 5) as threshold,
    3 + etl.roll(r, 664, 9) as events_counted,
    etl.pick(r, 665, '{None,Counseling,Training,"",Referral}') as intervention,
    etl.pick(r, 666, '{Open,OPEN,Closed,closed,""}') as status
from generate_series(1, etl.sized(9000)) as r;
