create function staging.next_e() returns int language sql as $$ select max(id) from staging.f $$;
