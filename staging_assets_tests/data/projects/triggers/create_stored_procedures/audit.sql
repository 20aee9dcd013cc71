create function staging.audit() returns trigger language plpgsql as $$ begin insert into staging.log values (1); return new; end $$;
