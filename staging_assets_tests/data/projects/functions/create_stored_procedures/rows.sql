create function staging.all_of() returns setof staging.b language sql as $$ select * from staging.b $$;
