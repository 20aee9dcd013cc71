create function staging.fill_n() returns void language plpgsql as $$ begin execute 'insert into staging.' || 'n' || ' select 1'; end $$;
