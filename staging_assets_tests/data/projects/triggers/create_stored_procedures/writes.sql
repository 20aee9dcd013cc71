create function staging.writes() returns int language sql as $$ delete from staging.log returning id $$;
