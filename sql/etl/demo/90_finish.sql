-- The dice are put away; the planner gets its statistics.

drop function etl.event_time(bigint, bigint, int);
drop function etl.shift_start(int, int);
drop function etl.written_employee(bigint, bigint, int);
drop function etl.written_badge(bigint, bigint, int);
drop function etl.employee_no(int);
drop function etl.written_time(bigint, bigint, timestamp);
drop function etl.written_day(bigint, bigint, date);
drop function etl.smudge(bigint, bigint, text);
drop function etl.pick(bigint, bigint, text[]);
drop function etl.roll(bigint, bigint, int);
drop function etl.sized(int);
drop function etl.officers();
drop function etl.demo_scale();

analyze
etl.cad_dispatches,
etl.census_tracts,
etl.code_book,
etl.extracts,
etl.gis_addresses,
etl.gis_areas,
etl.gis_landmarks,
etl.hr_assignments,
etl.hr_badges,
etl.hr_employees,
etl.hr_jobs,
etl.hr_outside_jobs,
etl.hr_trainings,
etl.ia_alerts,
etl.ia_cases,
etl.ia_complaints,
etl.ia_compliments,
etl.org_units,
etl.rms_arrests,
etl.rms_charges,
etl.rms_field_interviews,
etl.rms_force,
etl.rms_injuries,
etl.rms_persons,
etl.rms_reports,
etl.rms_stops,
etl.time_shifts,
etl.weather_reports;
