-- Functions that POPULATE scripts call; each is there before they run.
create or replace function staging.to_day(day text) returns date
language sql immutable
as $$ select to_date(nullif(day, ''), 'DD.MM.YYYY') $$;
