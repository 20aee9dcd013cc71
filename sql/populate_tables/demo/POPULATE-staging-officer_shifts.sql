-- One row per shift that an officer worked. Left out, and counted in row_accounting: rows whose
-- employee number is missing or nobody's; rows without an end, or that end before they start;
-- and rows that begin before an earlier row of the officer has ended (a shift that was entered
-- again when it was corrected), so that the shifts of an officer do not overlap.
-- Materialized: each text is read once.
with read_shifts as materialized (
    select
        shifts.*,
        hub.officer_id,
        staging.parse_timestamp(shifts.clock_in) as started_at,
        staging.parse_timestamp(shifts.clock_out) as stopped_at
    from etl.time_shifts as shifts
    inner join staging.officers_hub as hub
        on
            staging.normalise_identifier(shifts.employee_no)
            = staging.normalise_identifier(hub.department_defined_officer_id)
),

ordered_shifts as (
    select
        *,
        max(stopped_at) over (
            partition by officer_id
            order by
                started_at,
                row_id
            rows between unbounded preceding and 1 preceding
        ) as earlier_stop
    from read_shifts
    where started_at < stopped_at
),

type_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_shift_types as meanings on book.value = meanings.value
    where book.code_list = 'shift_types'
),

bodycam_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_shift_bodycams as meanings on book.value = meanings.value
    where book.code_list = 'shift_bodycams'
),

overtime_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_shift_overtimes as meanings on book.value = meanings.value
    where book.code_list = 'shift_overtimes'
),

armor_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_shift_body_armors as meanings on book.value = meanings.value
    where book.code_list = 'shift_body_armors'
),

car_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_cars as meanings on book.value = meanings.value
    where book.code_list = 'cars'
),

weapon_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_weapon_types as meanings on book.value = meanings.value
    where book.code_list = 'weapon_types'
),

unit_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_unit_types as meanings on book.value = meanings.value
    where book.code_list = 'unit_types'
),

hazard_codes as (
    select
        book.spelling,
        meanings.code
    from etl.code_book as book
    inner join staging.lookup_hazards as meanings on book.value = meanings.value
    where book.code_list = 'hazards'
)

insert into staging.officer_shifts (
    officer_id,
    start_datetime,
    stop_datetime,
    shift_length,
    shift_bodycam_code,
    shift_overtime_code,
    shift_type_code,
    shift_pay_multiplier,
    shift_body_armor_code,
    car_code,
    weapon_type_code,
    unit_type_code,
    hazard_code,
    police_area_id,
    start_stop_range
)
select
    shifts.officer_id,
    shifts.started_at,
    shifts.stopped_at,
    shifts.stopped_at - shifts.started_at,
    coalesce(bodycam_codes.code, 0),
    coalesce(overtime_codes.code, 0),
    coalesce(type_codes.code, 0),
    case
        when shifts.pay_multiplier ~ '^[0-9](\.[0-9]+)?$'
            then shifts.pay_multiplier::double precision
    end,
    coalesce(armor_codes.code, 0),
    coalesce(car_codes.code, 0),
    coalesce(weapon_codes.code, 0),
    coalesce(unit_codes.code, 0)::text,
    coalesce(hazard_codes.code, 0),
    areas.police_area_id,
    tsrange(shifts.started_at, shifts.stopped_at)
from ordered_shifts as shifts
left join type_codes on staging.normalise_text(shifts.watch) = type_codes.spelling
left join bodycam_codes on staging.normalise_text(shifts.bodycam) = bodycam_codes.spelling
-- in these two a blank has a meaning
left join overtime_codes on coalesce(staging.normalise_text(shifts.overtime), '') = overtime_codes.spelling
left join hazard_codes on coalesce(staging.normalise_text(shifts.hazard), '') = hazard_codes.spelling
left join armor_codes on staging.normalise_text(shifts.body_armor) = armor_codes.spelling
left join car_codes on staging.normalise_text(shifts.car) = car_codes.spelling
left join weapon_codes on staging.normalise_text(shifts.weapon) = weapon_codes.spelling
left join unit_codes on staging.normalise_text(shifts.unit_type) = unit_codes.spelling
left join staging.police_area_shapefiles as areas on shifts.area_ref = areas.police_area_department_defined_id
where
    shifts.earlier_stop is null
    or shifts.started_at >= shifts.earlier_stop
order by
    shifts.officer_id,
    shifts.started_at;
