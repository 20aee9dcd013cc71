do $$ begin insert into staging.f select 1; exception when unique_violation then null; end $$;
