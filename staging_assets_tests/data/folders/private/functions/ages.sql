CREATE OR REPLACE FUNCTION mart.age_of(born date) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    select date_part('year', age('2024-06-01'::date, born))::int
$$;
