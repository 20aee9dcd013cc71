create function staging.pong() returns int language plpgsql as $$ begin return staging.ping(); end $$;
