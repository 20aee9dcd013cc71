create function staging.ping() returns int language plpgsql as $$ begin return staging.pong(); end $$;
