-- The demo department's records systems, made up but always the same: every value is computed
-- from its row's number by a hash, never from random() or the clock. The size comes from the
-- setting staging_assets.demo_scale: 1 is 10,000 officers and about a million events, unset is
-- 0.01. The functions of this script exist only while the data is made (90_finish.sql drops them).

create schema if not exists etl;

create function etl.demo_scale()
returns numeric
language sql
stable
as $$
    select coalesce(nullif(current_setting('staging_assets.demo_scale', true), '')::numeric, 0.01)
$$;

create function etl.officers()
returns int
language sql
stable
as $$
    select greatest(20, round(10000 * etl.demo_scale()))::int
$$;

-- So many rows of a table that has n rows at scale 1.
create function etl.sized(n int)
returns int
language sql
stable
as $$
    select greatest(10, (n::bigint * etl.officers() + 5000) / 10000)::int
$$;

-- A number from 0 to sides - 1; the salt makes it independent of the other throws for that row.
create function etl.roll(n bigint, salt bigint, sides int)
returns int
language sql
immutable
parallel safe
as $$
    select ((hashint8extended(n, salt) & 1073741823) % sides)::int
$$;

create function etl.pick(n bigint, salt bigint, choices text[])
returns text
language sql
immutable
parallel safe
as $$
    select choices[1 + ((hashint8extended(n, salt) & 1073741823) % cardinality(choices))]
$$;

-- One value in eight in lower case, one with blanks around it, one missing in forty.
create function etl.smudge(n bigint, salt bigint, value text)
returns text
language sql
immutable
parallel safe
as $$
    select
        case etl.roll(n, salt + 1000, 40)
            when 0 then null
            when 1 then ''
            when 2 then '  ' || value
            when 3 then value || ' '
            when 4 then lower(value)
            when 5 then lower(value)
            when 6 then upper(value) || '  '
            when 7 then replace(value, ' ', '  ')
            else value
        end
$$;

-- A day in one of the formats that have been in use, one in fifty missing or impossible.
create function etl.written_day(n bigint, salt bigint, day date)
returns text
language sql
immutable
parallel safe
as $$
    select
        case etl.roll(n, salt + 2000, 100)
            when 0 then null
            when 1 then '00/00/0000'
            else
                case etl.roll(n, salt + 3000, 4)
                    when 0 then to_char(day, 'MM/DD/YYYY')
                    when 1 then to_char(day, 'DD-MON-YY')
                    when 2 then to_char(day, 'YYYYMMDD')
                    else to_char(day, 'YYYY-MM-DD')
                end
        end
$$;

create function etl.written_time(n bigint, salt bigint, moment timestamp)
returns text
language sql
immutable
parallel safe
as $$
    select
        case etl.roll(n, salt + 4000, 8)
            when 0 then to_char(moment, 'MM/DD/YYYY HH24:MI')
            when 1 then to_char(moment, 'MM/DD/YYYY HH12:MI AM')
            else to_char(moment, 'YYYY-MM-DD HH24:MI:SS')
        end
$$;

-- Officer o has employee number E00001 + ... and badge 1000 + o; one officer in twenty has had
-- an earlier badge, 50000 + o, and one in fifty has none.
create function etl.employee_no(officer int)
returns text
language sql
immutable
parallel safe
as $$
    select 'E' || lpad(officer::text, 5, '0')
$$;

-- A badge as the radio room types it: 1234, 01234, B1234; one in 200 is nobody's, one in 400 is
-- missing. An officer without a badge is written as 0.
create function etl.written_badge(n bigint, salt bigint, officer int)
returns text
language sql
immutable
parallel safe
as $$
    select
        case
            when etl.roll(n, salt + 5000, 400) = 0 then null
            when etl.roll(n, salt + 5000, 400) < 3 then (90000 + officer)::text
            when officer % 50 = 49 then '0'
            when etl.roll(n, salt + 5001, 10) = 0 then '0' || (1000 + officer)
            when etl.roll(n, salt + 5001, 10) = 1 then 'B' || (1000 + officer)
            when officer % 20 = 3 and etl.roll(n, salt + 5001, 10) < 5 then (50000 + officer)::text
            else (1000 + officer)::text
        end
$$;

-- An employee number as it is typed: E00012, 00012, e00012; one in 300 is nobody's.
create function etl.written_employee(n bigint, salt bigint, officer int)
returns text
language sql
immutable
parallel safe
as $$
    select
        case etl.roll(n, salt + 6000, 300)
            when 0 then 'E99' || lpad((officer % 1000)::text, 3, '0')
            when 1 then null
            when 2 then lower(etl.employee_no(officer))
            when 3 then ' ' || etl.employee_no(officer)
            when 4 then substr(etl.employee_no(officer), 2)
            else etl.employee_no(officer)
        end
$$;

-- Each officer has 25 shifts in 2017 and 2018, about a month apart, in one of three watches.
create function etl.shift_start(officer int, shift int)
returns timestamp
language sql
immutable
parallel safe
as $$
    select
        timestamp '2017-01-01 06:00:00'
        + make_interval(
            days => shift * 29 + etl.roll(officer * 64::bigint + shift, 70, 24),
            hours => 8 * (officer % 3),
            mins => 15 * etl.roll(officer * 64::bigint + shift, 71, 4)
        )
$$;

-- When an event of an officer happened: on one of the shifts, one in ten off duty.
create function etl.event_time(n bigint, salt bigint, officer int)
returns timestamp
language sql
immutable
parallel safe
as $$
    select
        etl.shift_start(officer, etl.roll(n, salt + 7000, 25))
        + make_interval(
            secs => case
                when etl.roll(n, salt + 7001, 10) = 0
                    then 36000 + etl.roll(n, salt + 7002, 43200)
                else etl.roll(n, salt + 7002, 28000)
            end
        )
$$;
