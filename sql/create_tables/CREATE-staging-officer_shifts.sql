create table staging.officer_shifts (
    shift_id serial primary key,
    officer_id int not null references staging.officers_hub (officer_id),
    start_datetime timestamp,
    stop_datetime timestamp,
    shift_length interval,
    shift_bodycam_code int references staging.lookup_shift_bodycams (code),
    shift_overtime_code int references staging.lookup_shift_overtimes (code),
    shift_type_code int references staging.lookup_shift_types (code),
    shift_pay_multiplier double precision,
    shift_body_armor_code int references staging.lookup_shift_body_armors (code),
    car_code int references staging.lookup_cars (code),
    weapon_type_code int references staging.lookup_weapon_types (code),
    unit_type_code varchar,
    hazard_code int references staging.lookup_hazards (code),
    police_area_id int references staging.police_area_shapefiles (police_area_id),
    start_stop_range tsrange
);

create index officer_shifts_officer_id_start_datetime_idx on staging.officer_shifts (officer_id, start_datetime);

comment on table staging.officer_shifts is 'Shifts that officers worked; one officer''s shifts do not overlap';
comment on column staging.officer_shifts.shift_id is 'Number given here; events_hub refers to it';
comment on column staging.officer_shifts.officer_id is 'Officer who worked the shift, in officers_hub';
comment on column staging.officer_shifts.start_datetime is 'When the shift began, local time';
comment on column staging.officer_shifts.stop_datetime is 'When the shift ended, local time; not before it began';
comment on column staging.officer_shifts.shift_length is 'From start to stop';
comment on column staging.officer_shifts.shift_bodycam_code is 'Whether a body camera was worn: lookup_shift_bodycams';
comment on column staging.officer_shifts.shift_overtime_code
is 'Whether and why it was overtime: lookup_shift_overtimes';
comment on column staging.officer_shifts.shift_type_code is 'Watch and assignment: lookup_shift_types';
comment on column staging.officer_shifts.shift_pay_multiplier
is 'Pay as a multiple of the usual rate, 1.5 for time and a half';
comment on column staging.officer_shifts.shift_body_armor_code is 'Which armour was worn: lookup_shift_body_armors';
comment on column staging.officer_shifts.car_code is 'Kind of vehicle assigned: lookup_cars';
comment on column staging.officer_shifts.weapon_type_code is 'Weapon carried: lookup_weapon_types';
comment on column staging.officer_shifts.unit_type_code
is 'Kind of unit as text; lookup_unit_types.value, not its code';
comment on column staging.officer_shifts.hazard_code is 'Special danger on the shift: lookup_hazards';
comment on column staging.officer_shifts.police_area_id is 'Where the shift was worked, in police_area_shapefiles';
comment on column staging.officer_shifts.start_stop_range
is 'start_datetime to stop_datetime as a range, closed below and open above, for overlap queries';
