-- Dates as records systems write them. None of these functions ever raises, and none has an
-- exception block (each would cost a subtransaction per row): the text is compared with a
-- pattern that lets only digits through, and the parts are tested before a date is made of them.

create or replace function staging.make_valid_date(year int, month int, day int)
returns date
language sql
immutable
parallel safe
as $$
    -- The first branch decides almost every date; the last days of a month take the second.
    select
        case
            when day between 1 and 28 and month between 1 and 12 and year between 1 and 9999
                then make_date(year, month, day)
            when
                year between 1 and 9999
                and day between 29 and
                case
                    when month in (1, 3, 5, 7, 8, 10, 12)
                        then 31
                    when month in (4, 6, 9, 11)
                        then 30
                    when month = 2 and year % 4 = 0 and (year % 100 <> 0 or year % 400 = 0)
                        then 29
                end
                then make_date(year, month, day)
        end
$$;

comment on function staging.make_valid_date(int, int, int) is
'The date of a year, month and day; null when there is no such day.';

create or replace function staging.full_year(year int)
returns int
language sql
immutable
parallel safe
as $$
    select
        case
            when year >= 100
                then year
            when year >= 50
                then 1900 + year
            else 2000 + year
        end
$$;

comment on function staging.full_year(int) is
'The year that two digits mean: 50 to 99 are 1950 to 1999, 00 to 49 are 2000 to 2049.';

create or replace function staging.month_number(name text)
returns int
language sql
immutable
parallel safe
as $$
    select array_position(
        '{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}'::text [],
        upper(left(name, 3))
    )
$$;

comment on function staging.month_number(text) is
'1 to 12 from the first three letters of an English month; null when they are none.';

create or replace function staging.parse_date(value text)
returns date
language plpgsql
immutable
parallel safe
strict
as $$
declare
    cleaned constant text := btrim(value, E' \t\r\n');
    -- The same text with every digit a 0: comparing it costs a fifth of a regular expression.
    shape constant text := translate(cleaned, '123456789', '000000000');
    parts text [];
begin
    -- 2016-03-09, and the usual timestamp, whose time is not looked at
    if shape in ('0000-00-00', '0000-00-00 00:00:00', '0000-00-00T00:00:00') then
        return staging.make_valid_date(left(cleaned, 4)::int, substr(cleaned, 6, 2)::int, substr(cleaned, 9, 2)::int);
    elsif shape = '00/00/0000' then
        return staging.make_valid_date(substr(cleaned, 7)::int, left(cleaned, 2)::int, substr(cleaned, 4, 2)::int);
    elsif shape in ('00000000', '00000000000000') then
        return staging.make_valid_date(left(cleaned, 4)::int, substr(cleaned, 5, 2)::int, substr(cleaned, 7, 2)::int);
    elsif shape like '00-___-00' then
        return staging.make_valid_date(
            staging.full_year(substr(cleaned, 8)::int),
            staging.month_number(substr(cleaned, 4, 3)),
            left(cleaned, 2)::int
        );
    elsif cleaned = '' then
        return null;
    end if;
    -- the rarer spellings: 2016-03-09T23:59:59.5Z
    if cleaned ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{1,2}:' then
        return staging.make_valid_date(left(cleaned, 4)::int, substr(cleaned, 6, 2)::int, substr(cleaned, 9, 2)::int);
    end if;
    -- 3/9/16, 03/09/2016 11:59 PM
    parts := regexp_match(cleaned, '^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})($| +[0-9]{1,2}:)');
    if parts is not null then
        return staging.make_valid_date(staging.full_year(parts[3]::int), parts[1]::int, parts[2]::int);
    end if;
    -- 9-Mar-2016, 9 March 2016
    parts := regexp_match(cleaned, '^([0-9]{1,2})[- ]([A-Za-z]{3,9})[- ]([0-9]{4}|[0-9]{2})($| +[0-9]{1,2}:)');
    if parts is not null then
        return staging.make_valid_date(
            staging.full_year(parts[3]::int),
            staging.month_number(parts[2]),
            parts[1]::int
        );
    end if;
    return null;
end
$$;

comment on function staging.parse_date(text) is
'A date from 2016-03-09, 03/09/2016, 3/9/16, 09-MAR-16, 20160309 or a timestamp that begins with one of these; '
'null when it is blank, another format or no such day. Two-digit years as in full_year.';

create or replace function staging.parse_timestamp(value text)
returns timestamp
language plpgsql
immutable
parallel safe
strict
as $$
declare
    cleaned constant text := btrim(value, E' \t\r\n');
    shape constant text := translate(cleaned, '123456789', '000000000');
    parts text [];
    day date;
    hour int;
begin
    -- The usual ones are cut at fixed places: 2016-03-09 23:59:59 ...
    if shape = '0000-00-00 00:00:00' or shape = '0000-00-00T00:00:00' then
        hour := substr(cleaned, 12, 2)::int;
        if hour < 24 and substr(cleaned, 15, 2)::int < 60 and substr(cleaned, 18, 2)::int < 60 then
            return
                staging.make_valid_date(left(cleaned, 4)::int, substr(cleaned, 6, 2)::int, substr(cleaned, 9, 2)::int)
                + make_time(hour, substr(cleaned, 15, 2)::int, substr(cleaned, 18, 2)::int);
        end if;
        return null;
    end if;
    -- ... and 03/09/2016 23:59, 03/09/2016 11:59 PM.
    if shape in ('00/00/0000 00:00', '00/00/0000 00:00 AM', '00/00/0000 00:00 PM') then
        hour := substr(cleaned, 12, 2)::int;
        if length(cleaned) > 16 then
            hour := case
                when hour between 1 and 12
                    then hour % 12 + case when right(cleaned, 2) = 'PM' then 12 else 0 end
            end;
        end if;
        if hour < 24 and substr(cleaned, 15, 2)::int < 60 then
            return
                staging.make_valid_date(substr(cleaned, 7, 4)::int, left(cleaned, 2)::int, substr(cleaned, 4, 2)::int)
                + make_time(hour, substr(cleaned, 15, 2)::int, 0);
        end if;
        return null;
    end if;
    day := staging.parse_date(cleaned);
    if day is null then
        return null;
    end if;
    -- 20160309235959
    if shape = '00000000000000' then
        parts := array[substr(cleaned, 9, 2), substr(cleaned, 11, 2), substr(cleaned, 13, 2), null, null];
    elsif position(':' in cleaned) > 0 then
        parts := regexp_match(
            cleaned,
            '[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)? ?([AaPp][Mm])?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?$'
        );
        if parts is null then
            return null;
        end if;
    else
        return day;
    end if;
    hour := parts[1]::int;
    if parts[5] is not null then
        if hour not between 1 and 12 then
            return null;
        end if;
        hour := hour % 12 + case upper(parts[5]) when 'PM' then 12 else 0 end;
    end if;
    if hour > 23 or parts[2]::int > 59 or coalesce(parts[3]::int, 0) > 59 then
        return null;
    end if;
    return day + make_time(hour, parts[2]::int, (coalesce(parts[3], '0') || coalesce(parts[4], ''))::double precision);
end
$$;

comment on function staging.parse_timestamp(text) is
'A timestamp from any format of parse_date followed by a time (23:59, 23:59:59.5, 11:59 PM); midnight when there is '
'no time; null when either part is impossible. A time zone is not applied: it is the clock on the wall.';

create or replace function staging.age_at(birth date, at date)
returns int
language sql
immutable
parallel safe
as $$
    -- Tested before it is computed: age() of an infinite date raises.
    select
        case
            when birth <= at and isfinite(birth) and isfinite(at) and at < birth + interval '121 years'
                then extract(year from age(at, birth))::int
        end
$$;

comment on function staging.age_at(date, date) is
'Whole years from birth to a date; null when that is below 0 or above 120.';
