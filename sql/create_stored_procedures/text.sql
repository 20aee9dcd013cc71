-- Names of things as people type them, brought to one spelling. All are upper-case, so that
-- they compare with upper(value) of a lookup table.

create or replace function staging.normalise_text(value text)
returns text
language sql
immutable
parallel safe
as $$
    select nullif(upper(btrim(regexp_replace(value, '\s+', ' ', 'g'))), '')
$$;

comment on function staging.normalise_text(text) is
'Upper-case, outer white space removed, inner white space one blank; null when nothing is left.';

create or replace function staging.normalise_rank(value text)
returns text
language plpgsql
immutable
parallel safe
strict
as $$
declare
    -- What stands in brackets is an assignment, not a rank; "P.O." and "PO" are one word.
    cleaned constant text := staging.normalise_text(
        regexp_replace(regexp_replace(value, '\([^)]*\)?', ' ', 'g'), '([A-Za-z])\.', '\1', 'g')
    );
begin
    return
        case
            when cleaned ~ '^(PO|P/?O|OFC|OFF|OFFICER|POLICE OFFICER|PATROL (OFFICER|MAN)|PATROLMAN)$'
                then 'POLICE OFFICER'
            when cleaned ~ '^((PO|POLICE OFFICER) (AS|ASSIGNED AS) )?(DET|DETECTIVE|INVESTIGATOR)$'
                then 'DETECTIVE'
            when cleaned ~ '^(RECRUIT|CADET|TRAINEE|PROBATIONARY (POLICE )?OFFICER|PPO)$'
                then 'RECRUIT'
            when cleaned ~ '^(CPL|CORPORAL)$'
                then 'CORPORAL'
            when cleaned ~ '^(SGT|SERG|SERGEANT)( OF POLICE)?$'
                then 'SERGEANT'
            when cleaned ~ '^(LT|LIEUT|LIEUTENANT)( OF POLICE)?$'
                then 'LIEUTENANT'
            when cleaned ~ '^(CAPT|CPT|CAPTAIN)( OF POLICE)?$'
                then 'CAPTAIN'
            when cleaned ~ '^(MAJ|MAJOR)$'
                then 'MAJOR'
            when cleaned ~ '^(CMDR|CDR|COMMANDER)$'
                then 'COMMANDER'
            when cleaned ~ '^(DEP|DEPUTY) (CHF|CHIEF)$'
                then 'DEPUTY CHIEF'
            when cleaned ~ '^(CHF|CHIEF)( OF POLICE)?$'
                then 'CHIEF'
            else cleaned
        end;
end
$$;

comment on function staging.normalise_rank(text) is
'The full name of a rank, upper-case: "Sgt.", "SERGEANT OF POLICE" are SERGEANT; unknown ranks come '
'back as normalise_text gives them.';

create or replace function staging.normalise_unit(value text)
returns text
language plpgsql
immutable
parallel safe
strict
as $$
declare
    cleaned constant text := staging.normalise_text(value);
    number text;
begin
    number := substring(
        cleaned,
        '^(?:(?:UNIT|DISTRICT|DIST\.?|DIVISION|DIV\.?|BEAT|BT\.?|#|NO\.?) ?#?)?0*([0-9]+)(?:\.0*)?$'
    );
    if number is not null then
        return number;
    end if;
    -- "CENTRAL DIV." is "CENTRAL DIVISION"
    return regexp_replace(regexp_replace(cleaned, '\mDIV(\.|\M)', 'DIVISION', 'g'), '\mDIST(\.|\M)', 'DISTRICT', 'g');
end
$$;

comment on function staging.normalise_unit(text) is
'One spelling of a unit: "007", "7.0", "Unit 7" and "DISTRICT 007" are 7; names are upper-case '
'with DIV. and DIST. written out.';

create or replace function staging.normalise_identifier(value text)
returns text
language sql
immutable
parallel safe
as $$
    select substring(upper(btrim(value, E' \t\r\n')), '^[A-Z]?0*([0-9]+)(?:\.0*)?$')
$$;

comment on function staging.normalise_identifier(text) is
'The digits of an identifier: "B01234", "1234.0" and " 1234" are 1234; null when it has another form.';
