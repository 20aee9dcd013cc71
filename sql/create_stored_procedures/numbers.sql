-- Numbers and yes/no answers that come as text. None of these functions ever raises:
-- whatever cannot be read is null.

create or replace function staging.parse_integer(value text)
returns int
language sql
immutable
parallel safe
as $$
    -- The pattern lets only digits through, so that the cast cannot fail; twelve digits
    -- fit a bigint, in which the range of int is tested.
    select
        case
            when value ~ '^[ \t\r\n]*[+-]?[0-9]{1,12}(\.0*)?[ \t\r\n]*$'
                then
                    case
                        when split_part(btrim(value, E' \t\r\n'), '.', 1)::bigint between -2147483648 and 2147483647
                            then split_part(btrim(value, E' \t\r\n'), '.', 1)::bigint::int
                    end
        end
$$;

comment on function staging.parse_integer(text) is
'A whole number from text: trims, drops a trailing ".0"; null when it is no number or does not fit an int.';

create or replace function staging.parse_boolean(value text)
returns boolean
language sql
immutable
parallel safe
as $$
    select
        case
            when lower(btrim(value, E' \t\r\n')) in ('y', 'yes', 't', 'true', '1', '1.0')
                then true
            when lower(btrim(value, E' \t\r\n')) in ('n', 'no', 'f', 'false', '0', '0.0')
                then false
        end
$$;

comment on function staging.parse_boolean(text) is
'Y, Yes, T, True, 1 and N, No, F, False, 0 in any case; null for anything else.';
