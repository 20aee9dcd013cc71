-- Timekeeping: 25 shifts an officer. One in a hundred was entered again when it was corrected
-- (and so overlaps), some lack the end or end before they start.
create table etl.time_shifts as
with entries as (
    select
        o,
        s,
        again,
        (o - 1) * 25 + s + 1 as shift_no
    from generate_series(1, etl.officers()) as o
    cross join generate_series(0, 24) as s
    cross join generate_series(0, 1) as again
    where
        again = 0
        or etl.roll(o * 32 + s, 200, 100) = 0
)

select
    shift_no + 25 * (select etl.officers()) * again as row_id,
    etl.written_employee(shift_no, 200, o) as employee_no,
    etl.written_time(shift_no, 201, etl.shift_start(o, s) + make_interval(mins => 30 * again)) as clock_in,
    case etl.roll(shift_no, 202, 200)
        when 0 then ''
        when 1 then etl.written_time(shift_no, 203, etl.shift_start(o, s) - interval '20 minutes')
        else
            etl.written_time(
                shift_no,
                203,
                etl.shift_start(o, s) + make_interval(mins => 480 + 15 * etl.roll(shift_no, 204, 9))
            )
    end as clock_out,
    (array['1st Watch', 'Days', '2nd Watch', 'evening', '3rd Watch', 'Midnights'])[
        1 + 2 * (o % 3) + etl.roll(shift_no, 205, 2)
    ] as watch,
    etl.pick(shift_no, 206, '{"","","","",Court,Special Event,Holdover,OT}') as overtime,
    (array['1', '1.0', '1.5', '2.0'])[
        1 + etl.roll(shift_no, 206, 8) / 5 + etl.roll(shift_no, 207, 2)
    ] as pay_multiplier,
    etl.pick(shift_no, 208, '{Y,N,Yes,"",Y}') as bodycam,
    etl.pick(shift_no, 209, '{Vest,None,Vest,vest,"",Tactical}') as body_armor,
    etl.pick(shift_no, 210, '{Marked,MARKED,Marked,Unmarked,SUV,Van,""}') as car,
    etl.pick(shift_no, 211, '{Handgun,HANDGUN,Shotgun,Taser,""}') as weapon,
    etl.pick(shift_no, 212, '{Patrol,patrol,K9,Bicycle,Foot,Motorcycle,""}') as unit_type,
    etl.pick(shift_no, 213, '{"","","","",Heat,Snow,Civil Disturbance}') as hazard,
    'BT' || (1 + etl.roll(shift_no, 214, 40)) as area_ref
from entries;
