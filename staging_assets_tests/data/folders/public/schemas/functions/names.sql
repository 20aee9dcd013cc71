CREATE OR REPLACE FUNCTION mart.tidy(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ select trim(name) $$;
CREATE OR REPLACE FUNCTION mart.race_of(said text) RETURNS int LANGUAGE sql STABLE AS $$
    select coalesce((select code from mart.lookup_races where lower(value) = lower(said)), 0)
$$;
