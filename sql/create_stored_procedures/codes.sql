-- Codes of the lookup tables, by value.

create or replace function staging.lookup_code(lookup_table text, value text, default_code int)
returns int
language plpgsql
stable
parallel safe
as $$
declare
    found_code int;
begin
    -- One query per call: right for a table of units or jobs. A script with a row per event
    -- joins the lookup table instead.
    execute format(
        'select code from staging.%I where staging.normalise_text(value) = staging.normalise_text($1) order by code limit 1',
        regexp_replace(lookup_table, '^.*\.', '')
    )
    into found_code
    using value;
    return coalesce(found_code, default_code);
end
$$;

comment on function staging.lookup_code(text, text, int) is
'The code of a value in a lookup table (named with or without its schema), whatever its case '
'and blanks; the default when it is not there.';
