create function staging.next_id() returns int language sql as $$ select max(id) from staging.c $$;
