-- Computer-aided dispatch: a row per unit sent to a call, the units known by badge. The system
-- has real timestamps; one row in a hundred was sent twice.
create table etl.cad_dispatches as
with rides as (
    select
        r,
        again,
        -- every fourth row is a second unit on the call of the row before it
        r - case when r % 4 = 0 then 1 else 0 end as call_no,
        1 + etl.roll(r, 300, (select etl.officers())) as o
    from generate_series(1, etl.sized(545000)) as r
    cross join generate_series(0, 1) as again
    where
        again = 0
        or etl.roll(r, 301, 100) = 0
),

timed as materialized (
    select
        *,
        etl.event_time(call_no, 302, 1 + etl.roll(call_no, 300, (select etl.officers()))) as received_at
    from rides
)

select
    r + (select etl.sized(545000)) * again as row_id,
    'D' || r as dispatch_no,
    'C' || lpad(call_no::text, 8, '0') as call_no,
    etl.written_badge(r, 303, o) as badge_no,
    etl.pick(
        call_no,
        304,
        '{Disturbance,DISTURBANCE,Domestic,Traffic Accident,Burglary,Alarm,ALARM,'
        'Theft,Suspicious Person,Welfare Check,Assault,Shots Fired,Medical,Noise,'
        'Other,""}'
    ) as call_type,
    etl.pick(call_no, 305, '{In Progress,Just Occurred,Report,""}') as call_subtype,
    etl.pick(call_no, 306, '{P1,P2,P2,P3,P3,3,Priority 3,P4,""}') as priority,
    etl.pick(
        call_no + etl.roll(call_no, 307, 3),
        304,
        '{Disturbance,Domestic,Traffic Accident,Burglary,Alarm,Theft,Assault,Other}'
    ) as closed_as,
    received_at,
    received_at + make_interval(secs => etl.roll(r, 308, 600)) as assigned_at,
    case
        when etl.roll(r, 309, 25) > 0
            then received_at + make_interval(secs => 300 + etl.roll(r, 310, 1500))
    end as arrived_at,
    received_at + make_interval(secs => 1800 + etl.roll(r, 311, 5400)) as cleared_at,
    'A' || (1 + etl.roll(call_no, 312, (select etl.sized(20000)))) as address_ref,
    'BT' || (1 + etl.roll(call_no, 313, 40)) as area_ref,
    etl.pick(r, 314, '{Patrol,Patrol,Traffic,K9,Supervisor}') as unit_type,
    (1 + etl.roll(r, 315, 40)) || (array['A', 'B', 'C'])[1 + o % 3] || etl.roll(r, 316, 20) as call_sign,
    1 + etl.roll(call_no, 317, 5) as response_plan,
    case
        when r % 4 = 0 then 2
        else 1
    end as sequence_no,
    case
        when call_no % 4 = 3 then 2
        else 1
    end as units
from timed;
