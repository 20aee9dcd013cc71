create function staging.dynamic() returns trigger language plpgsql as $$ begin execute 'analyze ' || tg_table_name; return new; end $$;
