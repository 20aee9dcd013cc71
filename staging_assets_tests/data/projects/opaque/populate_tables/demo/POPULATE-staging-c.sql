do $$ begin execute 'insert into staging.c select id from ' || 'staging.a'; end $$;
